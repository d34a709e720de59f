"""The platform, played on localhost: the same files, the same routes, the same manners as in production."""

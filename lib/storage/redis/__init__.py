"""Redis: what is now."""

"""Local twins of the services production runs on, near enough that the real SDKs cannot tell."""

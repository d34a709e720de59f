"""What the assistant knows without looking at a server: runbooks, terms and the product itself. Pure data, both languages."""

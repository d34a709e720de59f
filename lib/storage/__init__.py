"""Where what is now and what stays are kept."""

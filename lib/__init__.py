"""The product: rooms as ARCHITECTURE.md draws them."""

"""Use cases: what the product does with samples."""

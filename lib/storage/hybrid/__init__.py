"""The facade that decides which store answers what."""

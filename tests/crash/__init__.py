"""The crash test: real processes, killed at random, and a count of what became of every sample."""

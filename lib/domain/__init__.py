"""Nouns and decisions: standard library only, no clock, no input or output."""

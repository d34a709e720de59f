"""Everything Flask: the way in, the guards at the door, and the form of every error."""

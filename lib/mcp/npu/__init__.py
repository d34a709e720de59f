"""What a sentence says: its entities and its intent. Pure: no clock, no store, no network."""

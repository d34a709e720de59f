"""Questions in Korean and English: text to intent, entities, facts and an answer, by rules and a small model alone."""

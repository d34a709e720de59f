"""The road of a question: how words are matched, how a text becomes a reply."""

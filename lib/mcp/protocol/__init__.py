"""Model Context Protocol: the questions that the page asks, as tools, resources and prompts for language models."""

"""What the reading of intents is learned from: sentences put together from phrases, and `make train`. No part of the product."""

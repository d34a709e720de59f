"""Collectors: from somebody's wire format to samples. One file a protocol."""

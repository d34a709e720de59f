"""Protobuf's wire format, read by hand where a message is the same bytes again and again and only its numbers are new.

protobuf.dev/programming-guides/encoding. All raise IndexError, ValueError or struct.error for what is no message.
"""

from __future__ import annotations

from collections.abc import Iterator
from struct import unpack_from


def varint(data: bytes, at: int) -> tuple[int, int]:
    """(number, place after it). Raises IndexError where it ends in the middle, ValueError where it never ends."""
    number = shift = 0
    while True:
        byte = data[at]
        at += 1
        number |= (byte & 127) << shift
        if byte < 128:
            return number, at
        shift += 7
        if shift > 63:
            raise ValueError


def fields(data: bytes) -> Iterator[tuple[int, bytes | int | float]]:
    """(number of the field, its value). Most tags and sizes are one byte, which is looked at without a call."""
    at, end = 0, len(data)
    while at < end:
        tag = data[at]
        if tag < 128:
            at += 1
        else:
            tag, at = varint(data, at)
        kind = tag & 7
        if kind == 2:
            size = data[at]
            if size < 128:
                at += 1
            else:
                size, at = varint(data, at)
            last = at + size
            if last > end:
                raise ValueError
            yield tag >> 3, data[at:last]
            at = last
        elif kind == 0:
            number, at = varint(data, at)
            yield tag >> 3, number
        elif kind == 1:
            yield tag >> 3, unpack_from("<d", data, at)[0]
            at += 8
        elif kind == 5:
            at += 4
        else:
            raise ValueError


def skipped(data: bytes, at: int) -> int:
    """The place after a field nobody asks for."""
    tag, at = varint(data, at)
    kind = tag & 7
    if kind == 2:
        size, at = varint(data, at)
        at += size
    elif kind == 0:
        _, at = varint(data, at)
    elif kind in {1, 5}:
        at += 8 if kind == 1 else 4
    else:
        raise ValueError
    if at > len(data):
        raise ValueError
    return at


def written(field: int, value: int | bytes) -> bytes:
    """A field: a number that is not negative, or bytes."""
    if isinstance(value, int):
        return _varied(field << 3) + _varied(value)
    return _varied(field << 3 | 2) + _varied(len(value)) + value


def _varied(number: int) -> bytes:
    found = b""
    while number > 127:
        found += bytes([number & 127 | 128])
        number >>= 7
    return found + bytes([number])

"""How the state of a detector is packed, and how those packed by earlier versions are still read. Pure.

Version 1 had no memory of how long a series stood still; read from it, a series is taken for one that stood still for
a day once, so that nothing is called frozen before enough was seen.
"""

from __future__ import annotations

import math
import struct
from typing import Final, NamedTuple

VERSION: Final = 2
FLOATS: Final = 41  # the last is the longest time it stood still, in values
STILL_UNKNOWN: Final = 1_440.0
_HEAD: Final = "<BBHIIIff"
_PROFILES: Final = "24h8h"
_PACKED = struct.Struct(f"{_HEAD}H{FLOATS}f{_PROFILES}")
_PACKED_1 = struct.Struct(f"{_HEAD}{FLOATS - 1}f{_PROFILES}")


class Kept(NamedTuple):
    """`floats` are FLOATS numbers of single precision, `profile` 24 and `weekend` 8 small integers."""

    quiet: int
    in_hour: int
    n: int
    started: int
    last_at: int
    alert: float
    hold: float
    still: int
    floats: list[float]
    profile: list[int]
    weekend: list[int]


def packed(kept: Kept) -> bytes:
    """254 bytes, the first is the version."""
    return _PACKED.pack(VERSION, *kept[:8], *kept.floats, *kept.profile, *kept.weekend)


def unpacked(data: bytes) -> Kept | None:
    """None of a form that is not known."""
    if len(data) == _PACKED.size and data[0] == VERSION:
        _, *rest = _PACKED.unpack(data)
    elif len(data) == _PACKED_1.size and data[0] == 1:
        _, *old = _PACKED_1.unpack(data)
        rest = [*old[:7], 0, *old[7:-32], STILL_UNKNOWN, *old[-32:]]
    else:
        return None
    if not all(map(math.isfinite, rest)):
        return None
    head = rest[:8]
    return Kept._make([*head, rest[8 : 8 + FLOATS], rest[-32:-8], rest[-8:]])

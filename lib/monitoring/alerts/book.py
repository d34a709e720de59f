"""What routing remembers between two steps, and what it goes by."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lib.domain.alerting import ChannelFacts, Silence

encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode


@dataclass(frozen=True, slots=True)
class Config:
    """`parents` is {server: those it stands behind}: while one of them is silent, so must it be."""

    channels: tuple[ChannelFacts, ...] = ()
    silences: tuple[Silence, ...] = ()
    parents: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Book:
    """What routing remembers: JSON, never changed in place, and no more than what is open, told of or waits.

    By channel {"told": {incident: {"seq", "last", "severity", "acked", "key"}}, "groups": {key: when last sent},
     "since": {incident: since when it waits}, "hour": [which, how many], "over": whether the budget ran out,
     "said": {incident: the last decision}, "late": {incident: item}: what came and went and is for the next digest,
     "others": {incident: seq} of more such, "late_since": since when}; `items` are the incidents that any channel was
    told of.
    """

    channels: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    items: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @classmethod
    def from_text(cls, text: str | None) -> Book:
        known = json.loads(text) if text else {}
        return cls(known.get("channels") or {}, known.get("items") or {})

    def to_text(self) -> str:
        return encode({"channels": self.channels, "items": self.items})

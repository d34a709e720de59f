"""What an analyzer may find, and how grave it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

type Severity = Literal["warning", "critical"]
GRAVITY = {"ok": 0, "warning": 1, "critical": 2}


@dataclass(frozen=True, slots=True)
class Finding:
    """An analyzer's opinion of one series, at the end of the rows it saw."""

    code: str
    series: str
    severity: Severity
    value: float
    level: float
    since: int  # epoch seconds of the first sample of this episode

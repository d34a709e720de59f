"""What a rule of the kind `forecast` asks, and whether the forecasts at hand say so. Pure: the roll-up makes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

HOUR = 3_600
STALE_SECONDS = 6 * HOUR  # forecasts that were made so long ago say nothing any more


@dataclass(frozen=True, slots=True)
class ForecastOptions:
    """The series will likely reach `level` `within_hours`. `at_least` (or at most, where the rule looks below): only
    while it is so far already."""

    level: float = 100.0
    within_hours: float = 24.0
    at_least: float | None = None

    @classmethod
    def read(cls, options: Mapping[str, Any]) -> ForecastOptions:
        """Unknown options are left out; what cannot be used raises ValueError or TypeError."""
        given = {name: options[name] for name in cls.__slots__ if options.get(name) is not None}
        if any(isinstance(value, bool) or not isinstance(value, int | float) for value in given.values()):
            raise ValueError("`level`, `within_hours` and `at_least` are numbers")
        read = cls(**given)
        if not abs(read.level) <= 1e15 or not abs(read.at_least or 0.0) <= 1e15:
            raise ValueError("`level` and `at_least` are at most 1e15")
        if not 1 <= read.within_hours <= 720:
            raise ValueError("`within_hours` is from 1 to 720")
        return read


@dataclass(frozen=True, slots=True)
class Prospect:
    """A series that will reach a level, as the roll-up foresaw it. Times are epoch seconds; `latest` None: perhaps
    not."""

    series: str
    level: float
    above: bool
    at: float
    earliest: float
    latest: float | None


@dataclass(frozen=True, slots=True)
class Prospects:
    """Of all servers, and when the newest were made; None before any were."""

    made_at: float | None = None
    by_server: Mapping[str, Sequence[Prospect]] = field(default_factory=dict)

    @classmethod
    def from_document(cls, document: Mapping[str, Any] | None) -> Prospects:
        """What `omv_sweep_begin` gives as `alerting.forecasts`."""
        if not document:
            return cls()
        found = {
            server: [
                Prospect(
                    series, level, above, at + HOUR * hours, at + HOUR * earliest,
                    None if latest is None else at + HOUR * latest,
                )
                for series, level, above, hours, earliest, latest in dates
            ]
            for server, (at, dates) in document["dates"].items()
        }  # fmt: skip
        return cls(document["at"], found)

    def is_fresh(self, now: float) -> bool:
        return self.made_at is not None and now - self.made_at <= STALE_SECONDS

    def judge(
        self, server: str, is_meant: Sequence[str], above: bool, options: ForecastOptions, now: float
    ) -> list[Prospect]:
        """Those of the series meant that will reach the level in time."""
        return [
            one
            for one in self.by_server.get(server, ())
            if one.series in is_meant
            and one.level == options.level
            and one.above == above
            and one.at - now <= options.within_hours * HOUR
        ]

"""What alerting stands on between two commits: the rules in force, who is to hear, and what they were told."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from lib.domain.alerting import Incident, Notice
from lib.monitoring.alerts.book import Book, Config
from lib.monitoring.alerts.incidents import News, Person
from lib.monitoring.alerts.policies import config_of
from lib.monitoring.alerts.routing import route
from lib.monitoring.alerts.rules import rules_of
from lib.monitoring.alerts.threshold import Rules
from lib.monitoring.analyzers.prospects import Prospects
from lib.monitoring.state import ServerState


@dataclass(frozen=True, slots=True)
class Alerting:
    """`is_new` until the first decision after any of it has changed: then episodes under way are brought into line."""

    rules: Rules = field(default_factory=Rules)
    people: Mapping[str, Person] = field(default_factory=dict)
    config: Config = field(default_factory=Config)
    book: Book = field(default_factory=Book)
    prospects: Prospects = field(default_factory=Prospects)
    is_new: bool = False
    version: int | None = None

    @classmethod
    def from_document(cls, document: Mapping[str, Any], version: int) -> Alerting:
        """What `omv_sweep_begin` gives as `alerting`."""
        people = {one[0]: Person(one[1], one[2], one[3] or 0) for one in document["people"]}
        book = Book.from_text(document["routing"])
        prospects = Prospects.from_document(document.get("forecasts"))
        rules = Rules(rules_of(document["rules"]))
        return cls(rules, people, config_of(document), book, prospects, is_new=True, version=version)

    def after(self, routing: str | None) -> Alerting:
        """Knowing what other instances told since."""
        return replace(self, book=Book.from_text(routing))

    def beside(self, states: Mapping[str, ServerState]) -> Alerting:
        """Knowing which servers stand behind which."""
        behind = {name: tuple(state.settings["behind"]) for name, state in states.items() if "behind" in state.settings}
        return replace(self, config=replace(self.config, parents=behind))

    def tell(
        self, news: News, open_now: Callable[[], Sequence[Incident]], now: float
    ) -> tuple[Alerting, dict[str, Any]]:
        """(as it is once this is committed, what the commit says of who is told)."""
        settled = replace(self, people={}, is_new=False) if self.is_new else self
        if not self.config.channels:
            return settled, {}
        routed = route(self.book, news.told, open_now(), self.config, now)
        document: dict[str, Any] = {}
        if routed.decisions:
            document["decisions"] = [
                [one.incident, one.seq, one.channel, one.verdict, one.reason, one.at, one.until]
                for one in routed.decisions
            ]
        if routed.notices:
            document["notices"] = [_owed(notice) for notice in routed.notices]
        if routed.book != self.book:
            document["routing"] = routed.book.to_text()
        return replace(settled, book=routed.book), document


def _owed(notice: Notice) -> dict[str, Any]:
    return {
        "id": notice.id, "channel": notice.channel, "kind": notice.kind, "severity": notice.severity,
        "due_at": notice.due_at, "expires_at": notice.expires_at, "body": asdict(notice),
        "of": [*([item["incident"], item["seq"]] for item in notice.items), *map(list, notice.others)],
    }  # fmt: skip

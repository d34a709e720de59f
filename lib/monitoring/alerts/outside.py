"""Incidents that are told from outside rather than by a rule of ours: what each word changes, and what runs out. Pure.

The sweep remembers, in the fleet's memory under `outside`, what is said to fire and, for an hour, what is over:
{subject: row of `Told`}. An alert is one by its subject, and one episode of it by when it started: told again it
changes nothing. It ends when its source says so, or when no word of it came for as long as the last one holds.

Nothing runs out while we were not listening: its source may have spoken then.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, Literal, NamedTuple

from lib.domain.access import EVERYTHING, Sight
from lib.domain.alerting import GRAVITY, Incident, Rule
from lib.domain.episodes import FLAP_SECONDS, Change, Episode, advance, yes_or_no
from lib.monitoring.alerts.threshold import RULES, Moved, Rules, remember
from lib.monitoring.outside import Word
from lib.monitoring.state import FleetState, ServerState

OUTSIDE = "outside"  # what the fleet's memory keeps of them
KIND = "outside"
MOST_OPEN = 500
MOST_OF_SOURCE = 200
MOST_CHARACTERS = 400_000  # of all that are open: what is remembered is written with each change of it
MOST_OVER = 500  # remembered after their end
LATE_SECONDS = 120  # after its end the same episode told once more is an echo, not a new one
GRACE_SECONDS = 300  # what is open holds so long at least once we listen again
FULL_SECONDS = 900  # the word that a source is over its limit holds so long
TIMED_OUT, SAID = "timed_out", "told"  # why it is over
TOO_MANY = "too-many"


@dataclass(frozen=True, slots=True)
class Told:
    """One outside alert as the sweep remembers it. Times are epoch seconds; `starts` is what its source told last (0:
    nothing), `opened` is shown, `over` is when its end was heard. Of one that is over the rest is forgotten."""

    source: str = ""
    title: str = ""
    severity: Literal["info", "warning", "critical"] = "warning"
    server: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    text: str = ""
    url: str = ""
    note: str = ""
    starts: float = 0.0
    opened: float = 0.0
    until: float = 0.0
    over: float | None = None
    by_word: bool = False  # its source said that it is over

    def to_row(self) -> dict[str, Any]:
        return {name: told for name in self.__slots__ if (told := getattr(self, name)) != getattr(_NOTHING, name)}


_NOTHING = Told()
_NAMES = frozenset(one.name for one in fields(Told))


class Step(NamedTuple):
    """Something that happened to one: for `News.note`. `word` is what opened it, where one did just now."""

    moved: Moved
    told: Told
    word: Word | None = None


def told_of(memory: Mapping[str, Any]) -> dict[str, Told]:
    """{subject: Told}; rows that a later version wrote are read as far as they are known."""
    rows: Mapping[str, Mapping[str, Any]] = memory.get(OUTSIDE) or {}
    return {subject: Told(**{n: v for n, v in row.items() if n in _NAMES}) for subject, row in rows.items()}


def shown(incident: Incident, told: Told, states: Mapping[str, ServerState]) -> Incident:
    """The incident as its source tells it, in the place of the server that it is of. What the server carries counts for
    more than what labels claim."""
    state = states.get(told.server) if told.server else None
    return replace(
        incident, severity=told.severity, server=told.server, group=state.group if state else None,
        tags={**told.tags, **(state.tags if state else {})}, opened_at=told.opened or incident.opened_at,
        since=told.opened or incident.since, detail=told.title, source=told.source, description=told.text, url=told.url,
        note=told.note or incident.note,
    )  # fmt: skip


def follow(
    fleet: FleetState,
    words: Sequence[Word],
    rules: Rules,
    states: Mapping[str, ServerState],
    now: float,
    *,
    complete: bool,
) -> list[Step]:
    """Heed the words, end what ran out (where `complete`: nothing waits that may say otherwise), move the episodes of
    the rules of this kind. Changes the fleet's memory; gives what happened, in its order."""
    if not words and OUTSIDE not in fleet.memory:
        return []
    following = _Following(fleet, rules.of_kind(KIND), states, now)
    for word in words:
        following.heed(word)
    if complete:
        following.run_out()
    following.settle()
    return following.steps


class _Following:
    def __init__(self, fleet: FleetState, rules: Sequence[Rule], states: Mapping[str, ServerState], now: float) -> None:
        self.fleet, self.rules, self.states, self.now = fleet, rules, states, now
        self.told = told_of(fleet.memory)
        self.kept: dict[str, list[Any]] = dict(fleet.memory.get(RULES) or {})
        self.steps: list[Step] = []
        self.firing = Counter(
            one.source for subject, one in self.told.items() if one.over is None and not _is_too_many(subject)
        )
        self.room = MOST_CHARACTERS - sum(_size(one) for one in self.told.values() if one.over is None)
        self._names: dict[str, str] | None = None

    # Words

    def heed(self, word: Word) -> None:
        known = self.told.get(word.subject)
        if word.is_over():
            if known is None or known.over is not None or (word.ends or self.now) < known.starts:
                return  # unknown, over already, or the end of an episode before this one
            ended = word.ends if word.ends is not None else word.heard_at
            ended = min(max(ended, known.opened), word.heard_at)
            self._end(word.subject, known, ended, word.heard_at, by_word=True)
        elif known is None or known.over is not None:
            if not _is_echo(word, known):
                self._begin(word, known)
        else:
            self._again(word, known)

    def _begin(self, word: Word, known: Told | None) -> None:
        if self.firing[word.source] >= MOST_OF_SOURCE or self.firing.total() >= MOST_OPEN or self.room <= 0:
            self._refuse(word)
            return
        starts = word.starts or 0.0
        opened = min(starts, word.heard_at) if starts > 0 else word.heard_at
        server = self._server(word)
        told = Told(
            word.source, word.title, word.severity, server, _held(word.tags, word.held_to), word.text, word.url,
            word.note, starts, opened, word.until(),
        )  # fmt: skip
        if known is not None and any(self._phase(rule, word.subject) == "recovering" for rule in self.rules):
            told = replace(told, server=known.server, opened=known.opened)  # the same incident goes on
        self.told[word.subject] = told
        self.firing[word.source] += 1
        self.room -= _size(told)
        self._advance(word.subject, told, word.heard_at, word)

    def _again(self, word: Word, known: Told) -> None:
        """Told once more. That it holds longer is written down only where it makes a difference: most are told once a
        minute, for ever."""
        told, until = known, word.until()
        if until < known.until or until - known.until >= (until - word.heard_at) / 4:
            told = replace(told, until=until)
        if GRAVITY[word.severity] > GRAVITY[known.severity]:
            told = replace(told, severity=word.severity)
        if word.starts and word.starts > known.starts:
            told = replace(told, starts=word.starts)  # it came back before we heard that it was gone
        if told is known:
            return
        self.told[word.subject] = told
        if told.severity != known.severity:
            self._advance(word.subject, told, word.heard_at)

    def _refuse(self, word: Word) -> None:
        """Too many of its source: that is an alert itself, told until nothing was refused for a while."""
        subject = f"{TOO_MANY}:{word.source}"
        known = self.told.get(subject)
        until = word.heard_at + FULL_SECONDS
        if known is None or known.over is not None:
            self.told[subject] = told = Told(word.source, opened=word.heard_at, until=until)
            self._advance(subject, told, word.heard_at)
        elif until - known.until >= FULL_SECONDS / 4:
            self.told[subject] = replace(known, until=until)

    # Time

    def run_out(self) -> None:
        least = self.fleet.listening_since + GRACE_SECONDS
        for subject, told in list(self.told.items()):
            if told.over is None and self.now > max(told.until, least):
                self._end(subject, told, min(max(told.until, least), self.now), self.now, by_word=False)

    def settle(self) -> None:
        """What has no episode though it fires (its rule was switched on again) begins; what recovers goes on; what was
        over for an hour is forgotten. Writes the memory."""
        for subject, told in list(self.told.items()):
            if told.over is None:
                if any(self._phase(rule, subject) in ("", "pending") for rule in self.rules):
                    self._advance(subject, told, self.now)
            elif any(self._phase(rule, subject) == "recovering" for rule in self.rules):
                self._advance(subject, told, self.now)
            elif told.source:
                self.told[subject] = Told(starts=told.starts, over=told.over, by_word=told.by_word)
        over = sorted((one.over, subject) for subject, one in self.told.items() if one.over is not None)
        beyond = max(0, len(over) - MOST_OVER)
        for place, (at, subject) in enumerate(over):
            if place < beyond or self.now - at > FLAP_SECONDS:
                self._forget(subject)
        self.fleet.memory.pop(OUTSIDE, None)
        self.fleet.memory.pop(RULES, None)
        if self.told:
            self.fleet.memory[OUTSIDE] = {subject: told.to_row() for subject, told in self.told.items()}
        if self.kept:
            self.fleet.memory[RULES] = self.kept

    def _end(self, subject: str, told: Told, at: float, heard_at: float, *, by_word: bool) -> None:
        ended = self.told[subject] = replace(told, over=heard_at, by_word=by_word)
        self.room += _size(told)
        if not _is_too_many(subject):
            self.firing[told.source] -= 1
        self._advance(subject, ended, at)

    def _forget(self, subject: str) -> None:
        keys = [f"{rule.id}|{subject}" for rule in self.rules]
        if any(self.kept[key][0] in ("open", "recovering") for key in keys if key in self.kept):
            return
        del self.told[subject]
        for key in keys:
            self.kept.pop(key, None)

    # Episodes

    def _phase(self, rule: Rule, subject: str) -> str:
        return str((self.kept.get(f"{rule.id}|{subject}") or ("",))[0])

    def _advance(self, subject: str, told: Told, at: float, word: Word | None = None) -> None:
        for rule in self.rules:
            key = f"{rule.id}|{subject}"
            row = self.kept.get(key)
            if row is None and told.over is not None:
                continue
            episode = Episode.from_list(row) if row else None
            # An incident is named by when it began: one that follows another must begin later.
            moment = int(at) if episode is None else max(int(at), episode.last_at + (episode.phase == "calm"))
            graded = replace(rule, severity=told.severity)
            reading = 1.0 if told.over is None else 0.0
            episode, changes = advance(episode, [(moment, reading)], yes_or_no(graded))
            remember(self.kept, key, episode, self.now)
            for change in changes:
                self.steps.append(Step(Moved(graded, subject, _why(change, told)), told, word))

    # Places

    def _server(self, word: Word) -> str | None:
        """The server that it is of, where we know one by a name that it tells and its key may speak of it."""
        sight = word.held_to
        if sight.server is not None:
            return sight.server if sight.server in self.states else None
        for given in word.servers:
            name = given if given in self.states else self._called(given)
            if name is not None and (sight == EVERYTHING or sight.shows(name, self.states[name].tags)):
                return name
        return None

    def _called(self, given: str) -> str | None:
        """By another spelling, or by its first piece where that names one server alone."""
        if self._names is None:
            short = Counter(name.partition(".")[0].lower() for name in self.states)
            self._names = {}
            for name in self.states:
                first = name.partition(".")[0].lower()
                if short[first] == 1 and not first.isdigit():
                    self._names[first] = name
            self._names |= {name.lower(): name for name in self.states}
        lowered = given.lower()
        return self._names.get(lowered) or self._names.get(lowered.partition(".")[0])


def _size(told: Told) -> int:
    texts = (told.title, told.text, told.url, told.note, *told.tags, *told.tags.values())
    return 200 + sum(map(len, texts))


def _is_too_many(subject: str) -> bool:
    return subject.startswith(f"{TOO_MANY}:")


def _is_echo(word: Word, known: Told | None) -> bool:
    """Whether it is of an episode that its source itself ended just now: a second sender, or a late try."""
    if known is None or known.over is None or not known.by_word:
        return False
    is_same = word.starts is not None and word.starts <= known.starts
    return is_same and word.heard_at - known.over < LATE_SECONDS


def _held(tags: Mapping[str, str], sight: Sight) -> Mapping[str, str]:
    """What a key that is held to tags sends carries one of them, and no other of their names: its people see it, and
    no others by its word."""
    if not sight.tags:
        return tags
    names = {one.partition(":")[0] for one in sight.tags}
    own = {name: value for name, value in tags.items() if name not in names or f"{name}:{value}" in sight.tags}
    if names & own.keys():
        return own
    key, _, value = sight.tags[0].partition(":")
    return {**own, key: value}


def _why(change: Change, told: Told) -> Change:
    return change._replace(why=SAID if told.by_word else TIMED_OUT) if change.kind == "resolved" else change

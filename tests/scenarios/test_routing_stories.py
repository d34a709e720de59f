"""Who is told what and when: storms, nights, silences, flapping, long outages, restarts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Self

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.domain.alerting import (
    ChannelFacts,
    Incident,
    Notice,
    Policy,
    QuietHours,
    RoutingDecision,
    Schedule,
    Scope,
    Silence,
    Transition,
)
from lib.monitoring.alerts.routing import FLAP_SECONDS, Book, Config, route

MINUTE, HOUR, DAY = 60, 3_600, 86_400
START = 1_764_028_800.0  # a midnight in UTC, a Tuesday


def channel(name: str = "ops", **policy: Any) -> ChannelFacts:
    return ChannelFacts(name, "slack", name, policy=Policy(**policy))


class Night:
    """A fleet's incidents as the sweep would tell them, with a sweep every `every` seconds. `told` are the messages."""

    def __init__(
        self, *channels: ChannelFacts, every: int = 10, silences: Sequence[Silence] = (), **behind: str
    ) -> None:
        parents = {server: (parent,) for server, parent in behind.items()}
        self.config = Config(channels or (channel(),), tuple(silences), parents)
        self.every = every
        self.now = START
        self.open: dict[str, Incident] = {}
        self.seq: dict[str, int] = {}
        self.book = Book()
        self.notices: list[Notice] = []
        self.told: list[str] = []
        self.reasons: dict[tuple[str, str], str] = {}
        self.decisions: list[RoutingDecision] = []
        self._news: list[tuple[Incident, Transition]] = []
        self._opened = 0

    def opens(self, server: str | None, severity: str = "warning", kind: str = "threshold", **more: Any) -> str:
        self._opened += 1
        rule = more.pop("rule", "cpu" if kind == "threshold" else kind)
        incident = Incident(
            f"i{self._opened}", rule, 1, rule, kind, server, more.pop("subject", rule), severity,  # type: ignore[arg-type] # from a story
            more.pop("opened_at", self.now), self.now, **more,
        )  # fmt: skip
        self._step(incident, "opened")
        return incident.id

    def escalates(self, identity: str) -> Self:
        self._step(replace(self.open[identity], severity="critical"), "escalated")
        return self

    def resolves(self, identity: str) -> Self:
        incident = self.open.pop(identity)
        self._step(replace(incident, state="resolved", resolved_at=self.now, resolved_why="recovered"), "resolved")
        return self

    def acknowledged(self, identity: str) -> Self:
        self.open[identity] = replace(self.open[identity], acked_by="ada")
        return self

    def _step(self, incident: Incident, kind: Any) -> None:
        if kind != "resolved":
            self.open[incident.id] = incident
        self.seq[incident.id] = seq = self.seq.get(incident.id, 0) + 1
        self._news.append((incident, Transition(incident.id, seq, kind, self.now, self.now, incident.severity)))

    def passes(self, seconds: float) -> Self:
        end = self.now + seconds
        while self.now < end:
            news, self._news = self._news, []
            routed = route(Book.from_text(self.book.to_text()), news, list(self.open.values()), self.config, self.now)
            assert route(self.book, news, list(self.open.values()), self.config, self.now) == routed
            self.book = routed.book
            self.notices += routed.notices
            for notice in routed.notices:
                what = " ".join(f"{item['server']}" for item in notice.items[:3])
                more = f" +{len(notice.items) - 3}" if len(notice.items) > 3 else ""
                behind = f" ({notice.suppressed} behind)" if notice.suppressed else ""
                self.told.append(f"{self.now - START:g} {notice.kind} {notice.severity}: {what}{more}{behind}")
            self.decisions += routed.decisions
            for one in routed.decisions:
                self.reasons[one.incident, one.channel] = f"{one.verdict} {one.reason}"
            self.now += self.every
        return self

    def reason(self, identity: str, name: str = "ops") -> str:
        return self.reasons[identity, name]


def test_a_warning_waits_for_company_and_its_end_is_told() -> None:
    night = Night()
    one = night.opens("web-1")
    night.passes(10)
    assert night.reason(one) == "waiting grouping"
    night.passes(590).resolves(one).passes(600)
    assert night.told == ["20 opened warning: web-1", "620 resolved warning: web-1"]
    assert night.reason(one) == "sent matched"


def test_what_is_critical_is_told_at_once() -> None:
    night = Night()
    night.opens("db-1", "critical")
    assert night.passes(10).told == ["0 opened critical: db-1"]


def test_one_host_with_thirty_rules_is_one_message() -> None:
    night = Night()
    found = [night.opens("web-1", rule=f"r{n}", subject=f"s{n}") for n in range(30)]
    night.passes(300)
    for one in found:
        night.resolves(one)
    night.passes(900)
    assert [line.partition(":")[0].partition(" ")[2] for line in night.told] == ["opened warning", "resolved warning"]
    assert len(night.notices[0].items) == 30


def test_a_storm_behind_a_gateway_is_one_message_and_one_end() -> None:
    servers = {f"s{n}": "gateway" for n in range(50)}
    night = Night(**servers)
    found = [night.opens(server, "critical", "heartbeat") for server in list(servers)[:25]]
    night.passes(30)
    found.append(night.opens("gateway", "critical", "heartbeat"))
    found += [night.opens(server, "critical", "heartbeat") for server in list(servers)[25:]]
    night.passes(600)
    assert night.told == ["30 opened critical: gateway (50 behind)"]
    assert night.reason(found[0]) == "suppressed behind:gateway"
    for one in found:
        night.resolves(one)
    night.passes(600)
    assert len(night.told) == 2
    assert night.told[1].startswith("630 resolved critical: gateway")


def test_whoever_stands_behind_a_row_of_gateways_is_behind_the_outermost() -> None:
    night = Night(edge="core", rack="edge", web="rack")
    found = [night.opens(server, "critical", "heartbeat") for server in ("web", "rack", "edge", "core")]
    night.passes(600)
    assert night.told == ["0 opened critical: core (3 behind)"]
    assert night.reason(found[0]) == "suppressed behind:core"


def test_a_channel_that_is_not_told_of_the_gateway_is_told_of_what_is_behind_it() -> None:
    night = Night(channel(scope=Scope(servers=("web-*",))), channel("net"), **{"web-1": "gateway"})
    behind = night.opens("web-1", "critical", "heartbeat")
    night.opens("gateway", "critical", "heartbeat")
    night.passes(600)
    assert night.reason(behind, "ops") == "sent matched"
    assert night.reason(behind, "net") == "suppressed behind:gateway"


def test_what_is_still_silent_when_its_gateway_is_back_is_told_of_then() -> None:
    night = Night(**{"web-1": "gateway", "web-2": "gateway"})
    kept, back = (night.opens(server, "critical", "heartbeat") for server in ("web-1", "web-2"))
    gateway = night.opens("gateway", "critical", "heartbeat")
    night.passes(400).resolves(gateway).passes(60).resolves(back).passes(600)
    assert [line.split()[1:] for line in night.told] == [
        ["opened", "critical:", "gateway", "(2", "behind)"],
        ["resolved", "critical:", "gateway"],
        ["opened", "critical:", "web-1"],
    ]
    assert night.reason(kept) == "sent matched"
    assert night.reason(back) == "skipped resolved_meanwhile"


def test_six_hundred_that_are_open_are_told_of_once() -> None:
    night = Night(channel(group_by=("all",), repeat_seconds=0), every=60)
    found = [night.opens(f"s{n}") for n in range(600)]
    night.passes(HOUR)
    assert [line.split()[1] for line in night.told] == ["opened"]
    assert len(night.notices[0].others) == 550
    for one in found:
        night.resolves(one)
    night.passes(HOUR)
    assert [line.split()[1] for line in night.told] == ["opened", "resolved"]
    assert len(night.book.to_text()) < 300, "what is over is forgotten"


def test_something_critical_beside_a_warning_does_not_wait_for_the_interval() -> None:
    night = Night()
    night.opens("web-1")
    night.passes(60)
    night.opens("web-1", "critical", rule="disk")
    night.passes(60)
    night.opens("web-1", "critical", rule="memory")
    night.passes(400)
    assert night.told == ["20 opened warning: web-1", "60 opened critical: web-1", "360 opened critical: web-1"]


def test_a_silence_that_begins_does_not_unsay_what_was_said() -> None:
    night = Night(channel(acknowledged=True), silences=[Silence("s", starts=START + 60, ends=START + 5_000)])
    one = night.opens("web-1", "critical")
    night.passes(400).acknowledged(one).passes(400)
    assert [(one.seq, f"{one.verdict} {one.reason}") for one in night.decisions] == [
        (1, "sent matched"), (2, "muted silence:s"),
    ]  # fmt: skip
    assert night.decisions[1].until == START + 5_000


def test_what_is_late_is_told_of_by_what_it_then_is() -> None:
    """Between opening and telling it has eased and come back: it is told of as opened."""
    night = Night()
    one = night.opens("web-1")
    night.passes(10)
    night._step(night.open[one], "recovering")
    night.passes(10)
    night._step(night.open[one], "relapsed")
    night.passes(30)
    assert [(item["transition"], item["seq"]) for notice in night.notices for item in notice.items] == [("opened", 1)]
    assert {one.seq for one in night.decisions} == {1}


def test_fifty_servers_that_fall_silent_one_after_the_other_are_few_messages() -> None:
    night = Night()
    for n in range(50):
        night.opens(f"s{n}", "critical", "heartbeat")
        night.passes(10)
    night.passes(600)
    assert len(night.told) <= 4
    assert sum(len(notice.items) for notice in night.notices) == 50


def test_escalation_breaks_the_interval() -> None:
    night = Night()
    one = night.opens("web-1")
    night.passes(60).escalates(one).passes(10)
    assert night.told == ["20 opened warning: web-1", "60 escalated critical: web-1"]
    assert night.reason(one) == "sent escalated"


def test_what_came_and_went_within_the_wait_tells_nobody() -> None:
    night = Night()
    one = night.opens("web-1")
    night.passes(10).resolves(one).passes(600)
    assert night.told == []
    assert night.reason(one) == "skipped resolved_meanwhile"


def test_old_news_is_one_digest() -> None:
    night = Night()
    for n in range(5):
        one = night.opens(f"s{n}", opened_at=START - 2 * HOUR)
        night.resolves(one)
    night.passes(60)
    assert night.told == ["20 digest warning: s0 s1 s2 +2"]
    assert night.reason(one) == "digest old_news"


def test_flapping_a_hundred_times_a_day_is_a_handful_of_messages() -> None:
    night = Night(every=60)
    for n in range(100):
        one = night.opens("web-1", flaps=n)
        night.passes(6 * MINUTE).resolves(one).passes(8 * MINUTE)
    assert len(night.told) <= 2 * (100 * 14 * MINUTE // FLAP_SECONDS) + 6
    assert len(night.told) < 60


def test_a_two_day_outage_is_reminded_of_until_somebody_looks_after_it() -> None:
    night = Night(every=300)
    one = night.opens("db-1", "critical")
    night.passes(DAY)
    assert [line.split()[1] for line in night.told] == ["opened"] + ["reminder"] * 5
    night.acknowledged(one).passes(DAY)
    assert len(night.told) == 6
    night.resolves(one).passes(HOUR)
    assert night.told[-1].split()[1] == "resolved"
    assert len({notice.id for notice in night.notices}) == len(night.notices)


def test_a_silence_over_the_middle_says_nothing_and_tells_the_end() -> None:
    silence = Silence("s1", starts=START + 600, ends=START + 7_200)
    night = Night(silences=[silence])
    before = night.opens("web-1", "critical")
    night.passes(700)
    inside = night.opens("web-2", "critical")
    after = night.opens("web-3", "critical")
    night.passes(600)
    assert night.reason(inside) == "muted silence:s1"
    night.resolves(before).resolves(inside).passes(600)
    assert night.told == ["0 opened critical: web-1", "1300 resolved critical: web-1"]
    night.passes(6_000)
    assert night.told[2:] == ["7200 opened critical: web-3"]
    assert night.reason(after) == "sent matched"


def test_a_silence_means_what_it_says() -> None:
    silence = Silence("s1", scope=Scope(servers=("web-*",)), metric="disk")
    night = Night(silences=[silence])
    night.opens("web-1", "critical", subject="disk:/")
    night.opens("web-1", "critical", subject="cpu")
    night.opens("db-1", "critical", subject="disk:/")
    night.passes(10)
    assert sorted(item["subject"] for notice in night.notices for item in notice.items) == ["cpu", "disk:/"]


def test_a_maintenance_window_recurs() -> None:
    silence = Silence("s1", recurrence="0 3 * * *", duration_seconds=HOUR, timezone="Asia/Seoul")
    night = Night(silences=[silence], every=60)
    night.now = START + 18 * HOUR + 600  # 03:10 in Seoul
    one = night.opens("web-1", "critical")
    night.passes(HOUR)
    assert [float(line.split()[0]) for line in night.told] == [19 * HOUR]
    assert night.reason(one) == "sent matched"


def test_at_night_only_what_is_critical_and_the_rest_in_the_morning() -> None:
    quiet = QuietHours(Schedule(start="22:00", until="07:00", timezone="UTC"))
    night = Night(channel(quiet=quiet), every=60)
    warning = night.opens("web-1")
    night.opens("db-1", "critical")
    night.passes(60)
    assert night.told == ["0 opened critical: db-1"]
    assert night.reason(warning) == "waiting quiet_hours"
    night.passes(8 * HOUR)
    assert [float(line.split()[0]) for line in night.told if "web-1" in line] == [7 * HOUR + 60]
    decided = next(one for one in night.decisions if one.reason == "quiet_hours")
    assert decided.until == START + 7 * HOUR


def test_the_end_of_a_warning_waits_for_the_morning_too() -> None:
    night = Night(channel(quiet=QuietHours(Schedule(start="22:00", until="07:00"))), every=60)
    night.now = START + 21 * HOUR
    one = night.opens("web-1")
    night.passes(2 * HOUR).resolves(one).passes(HOUR)
    assert len(night.told) == 1
    assert night.reason(one) == "waiting quiet_hours"
    night.passes(8 * HOUR)
    assert [line.split()[1] for line in night.told] == ["opened", "resolved"]
    assert float(night.told[1].split()[0]) == DAY + 7 * HOUR + 60


def test_what_came_and_went_by_night_wakes_and_tells_nobody() -> None:
    night = Night(channel(quiet=QuietHours(Schedule(start="22:00", until="07:00"))), every=60)
    one = night.opens("web-1")
    night.passes(HOUR).resolves(one).passes(DAY)
    assert night.told == []
    assert night.reason(one) == "skipped resolved_meanwhile"


def test_what_is_over_the_budget_comes_in_one_digest_at_the_hours_end() -> None:
    night = Night(channel(budget=3, repeat_seconds=0), every=60)
    found = []
    for n in range(10):
        found.append(night.opens(f"s{n}"))
        night.passes(60)
    assert len(night.told) == 3
    assert night.reason(found[5]) == "digest over_budget"
    night.passes(HOUR)
    assert len(night.told) == 4
    assert night.told[3].startswith(f"{HOUR} digest warning")
    assert len(night.notices[3].items) == 7


def test_what_the_budget_kept_back_and_is_over_meanwhile_is_in_the_digest_and_nothing_else_is_sent() -> None:
    night = Night(channel(budget=1, repeat_seconds=0), every=60)
    found = [night.opens(f"s{n}") for n in range(11)]
    night.passes(20 * MINUTE)
    found += [night.opens(f"t{n}") for n in range(5)]
    night.passes(2 * MINUTE)
    for one in found[12:]:
        night.resolves(one).passes(60)
    night.passes(20 * MINUTE)
    assert len(night.told) == 1
    night.passes(HOUR)
    assert [line.split()[1] for line in night.told][:2] == ["opened", "digest"]
    ended = [item["server"] for item in night.notices[1].items if item["transition"] == "resolved"]
    assert sorted(ended) == ["t1", "t2", "t3", "t4"]


def test_what_is_critical_does_not_wait_for_the_budget_and_counts_in_it() -> None:
    night = Night(channel(budget=3, repeat_seconds=0), every=10)
    for n in range(4):
        night.opens(f"c{n}", "critical")
    night.passes(10)
    assert len(night.told) == 4, "each at once, also beyond the budget"
    kept = night.opens("web-1")
    grows = night.opens("web-2")
    night.passes(MINUTE)
    assert night.reason(kept) == night.reason(grows) == "digest over_budget", "they used it up for the rest"
    night.escalates(grows)
    last = night.opens("web-3", "critical")
    night.passes(10)
    assert night.reason(last) == night.reason(grows) == "sent matched"
    assert len(night.told) == 6
    night.resolves(last).passes(HOUR)
    assert [line.split()[1] for line in night.told[6:]] == ["digest"]
    assert sorted(item["server"] for item in night.notices[6].items) == ["web-1", "web-3"]


def test_two_that_stand_behind_each_other_do_not_hide_each_other() -> None:
    night = Night(a="b", b="a", c="c")
    for server in "abc":
        night.opens(server, "critical", "heartbeat")
    night.passes(300)
    assert sorted(item["server"] for notice in night.notices for item in notice.items) == ["a", "b", "c"]


def test_of_more_than_a_message_can_list_each_is_still_accounted_for() -> None:
    night = Night()
    for n in range(60):
        night.opens("web-1", "critical", subject=f"s{n}", rule=f"r{n}")
    night.passes(10)
    [notice] = night.notices
    assert (len(notice.items), len(notice.others), notice.suppressed) == (50, 10, 0)


def test_old_news_does_not_overspend_the_budget() -> None:
    night = Night(channel(budget=1, repeat_seconds=0), every=60)
    night.opens("s0", "critical")
    night.passes(60)
    for n in range(80):
        night.resolves(night.opens(f"old{n}", opened_at=START - 2 * HOUR))
    night.passes(2 * HOUR)
    assert [line.split()[1] for line in night.told] == ["opened", "digest"]
    assert len(night.notices[1].items) == 50
    assert len(night.notices[1].others) == 30


@pytest.mark.parametrize(
    ("policy", "reason"),
    [
        ({"least": "critical"}, "skipped below_severity"),
        ({"scope": Scope(groups=("shop",))}, "skipped out_of_scope"),
        ({"rules": ("disk",)}, "skipped out_of_scope"),
        ({"scope": Scope(tags=("team:web",))}, "sent matched"),
        ({"scope": Scope(servers=("web-*",))}, "sent matched"),
        ({"least": "info"}, "sent matched"),
    ],
)
def test_a_channel_hears_what_it_asked_for_and_the_page_why_not(policy: dict[str, Any], reason: str) -> None:
    night = Night(channel(**policy))
    one = night.opens("web-1", tags={"team": "web"})
    assert night.passes(60).reason(one) == reason


def test_what_is_of_no_server_is_meant_by_its_own_tags() -> None:
    night = Night(channel("ours", scope=Scope(tags=("team:web",))), channel("web", scope=Scope(servers=("*",))))
    job = night.opens(None, "critical", "check", tags={"team": "web"})
    night.passes(60)
    assert (night.reason(job, "ours"), night.reason(job, "web")) == ("sent matched", "skipped out_of_scope")


def test_channels_do_not_wait_for_each_other() -> None:
    night = Night(channel("ops"), channel("night", least="critical"), replace(channel("off"), enabled=False))
    one = night.opens("web-1")
    night.passes(60)
    assert night.reason(one, "ops") == "sent matched"
    assert night.reason(one, "night") == "skipped below_severity"
    assert night.reason(one, "off") == "skipped disabled"
    night.escalates(one).passes(60)
    assert night.reason(one, "night") == "sent matched"


def test_without_a_wish_for_it_no_end_is_told() -> None:
    night = Night(channel(resolved=False))
    one = night.opens("web-1", "critical")
    night.passes(60).resolves(one).passes(60)
    assert len(night.told) == 1
    assert night.reason(one) == "skipped resolved_not_wanted"


def test_an_acknowledgement_is_told_where_it_is_wanted() -> None:
    night = Night(channel(acknowledged=True))
    one = night.opens("web-1", "critical")
    night.passes(400).acknowledged(one).passes(400)
    assert [line.split()[1] for line in night.told] == ["opened", "acknowledged"]


def test_a_server_that_is_removed_ends_what_was_told() -> None:
    night = Night()
    one = night.opens("web-1", "critical")
    night.passes(400)
    del night.open[one]
    night.passes(60)
    assert [line.split()[1] for line in night.told] == ["opened", "resolved"]


def test_nothing_to_tell_and_nobody_to_tell_costs_nothing() -> None:
    assert route(Book(), [], [], Config(), START) == (Book(), [], [])


ACTS = st.lists(
    st.tuples(st.sampled_from("oore"), st.integers(0, 5), st.sampled_from([0, 10, 60, 600, 4_000])), max_size=40
)


@settings(max_examples=150, deadline=None)
@given(acts=ACTS, budget=st.sampled_from([1, 3, 20]), silenced=st.booleans(), by=st.sampled_from(["server", "all"]))
def test_whatever_happens_nothing_is_told_twice_and_every_end_of_what_was_told(
    acts: list[tuple[str, int, int]], budget: int, silenced: bool, by: str
) -> None:
    silences = [Silence("s", starts=START + 900, ends=START + 5_000)] if silenced else []
    night = Night(channel(budget=budget, group_by=(by,), repeat_seconds=0), silences=silences)
    for act, which, pause in acts:
        if act == "o":
            night.opens(f"s{which}", "critical" if which % 2 else "warning")
        elif night.open:
            identity = sorted(night.open)[which % len(night.open)]
            if act == "r":
                night.resolves(identity)
            elif night.open[identity].severity != "critical":
                night.escalates(identity)
        if pause:
            night.passes(min(pause, 600))
    night.every = 60
    night.passes(3 * HOUR)
    for identity in sorted(night.open):
        night.resolves(identity)
    night.passes(3 * HOUR)
    assert len({notice.id for notice in night.notices}) == len(night.notices)
    opened: set[str] = set()
    for notice in night.notices:
        for item in notice.items:
            if item["transition"] == "resolved" and notice.kind != "digest":
                assert item["incident"] in opened, "no end is told of what was never told"
            opened.add(item["incident"])
    ended = {item["incident"] for notice in night.notices for item in notice.items if item["transition"] == "resolved"}
    assert opened == ended
    assert all(not one["told"] for one in night.book.channels.values())

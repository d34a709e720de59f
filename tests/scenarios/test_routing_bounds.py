"""What keeps messages few, and loses none: nights, budgets and wishes, and whatever happens in whatever order."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.domain.alerting import (
    QuietHours,
    Schedule,
    Scope,
    Silence,
)
from lib.monitoring.alerts.routing import Book, Config, route
from tests.scenarios.night import DAY, HOUR, MINUTE, START, Night, channel


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

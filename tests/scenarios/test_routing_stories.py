"""Who is told what and when: storms, silences, flapping, long outages."""

from __future__ import annotations

from lib.domain.alerting import (
    Scope,
    Silence,
)
from lib.monitoring.alerts.routing import FLAP_SECONDS
from tests.scenarios.night import DAY, HOUR, MINUTE, START, Night, channel


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

"""Checks: what a ping changes and who is missed, told as stories."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.monitoring.checks import (
    Check,
    CheckState,
    Ping,
    encode_ping,
    fold,
    judge_checks,
    outcome_of,
    pings_of,
    status_of,
)
from lib.storage.port import Entry

T = 1_800_000_000.0
HOUR = 3_600.0


class Story:
    """One check and what becomes of it. `since` of the listening is long ago unless said."""

    def __init__(self, **given_: Any) -> None:
        given_ = {"period_seconds": 3600, "grace_seconds": 300, **given_}
        self.checks = {"c": Check("c", "backup", **given_)}
        self.listening = T - 10 * 86_400
        self.history: list[Any] = []
        self._n = 0

    def sweep(self, at: float, *pings: tuple[str, float], complete: bool = True, code: int | None = None) -> str:
        sent = []
        for kind, when in pings:
            self._n += 1
            sent.append(Ping("c", str(self._n), T + when, kind, code, f"note {self._n}"))  # type: ignore[arg-type]
        folded = fold(self.checks, sent, T + at, self.listening, complete=complete)
        self.checks = dict(folded.checks)
        self.history += folded.pings
        self.kept()
        (finding,) = judge_checks(self.checks, T + at, self.listening)
        return finding.state

    def kept(self) -> None:
        """What the database does to a state."""
        check = self.checks["c"]
        assert CheckState.from_row(check.state.to_row()) == check.state

    def status(self, at: float) -> str:
        return status_of(self.checks["c"], T + at, self.listening)


def test_a_check_that_never_pinged_is_not_missed() -> None:
    story = Story()
    assert story.sweep(10 * HOUR) == "ok"
    assert story.status(10 * HOUR) == "new"


def test_a_ping_that_stays_away_is_late_after_its_grace_and_its_return_mends_it() -> None:
    story = Story()
    assert story.sweep(1, ("success", 0)) == "ok"
    assert (story.sweep(HOUR + 200), story.status(HOUR + 200)) == ("ok", "late")
    assert (story.sweep(HOUR + 301), story.status(HOUR + 301)) == ("late", "down")
    (finding,) = judge_checks(story.checks, T + HOUR + 301, story.listening)
    assert (finding.since, finding.value, finding.level) == (T + HOUR, 301.0, 300.0)
    assert story.sweep(3 * HOUR) == "late"
    assert story.sweep(3 * HOUR + 10, ("success", 3 * HOUR + 5)) == "ok"
    assert story.status(3 * HOUR + 10) == "up"


def test_nobody_is_missed_while_we_did_not_listen() -> None:
    story = Story()
    story.sweep(1, ("success", 0))
    story.listening = T + 5 * HOUR
    assert story.sweep(5 * HOUR) == "ok"
    assert story.sweep(6 * HOUR + 299) == "ok"
    assert story.sweep(6 * HOUR + 301) == "late"
    story.listening = T + 9 * HOUR
    assert story.sweep(9 * HOUR) == "late", "nothing came since: deafness does not mend what was missing before it"


def test_nobody_is_missed_while_pings_wait_to_be_read() -> None:
    story = Story()
    story.sweep(1, ("success", 0))
    assert story.sweep(5 * HOUR, complete=False) == "ok"
    assert story.sweep(5 * HOUR, ("success", 4 * HOUR + 3000)) == "ok"
    assert story.sweep(9 * HOUR) == "late"
    assert story.sweep(9 * HOUR + 5, complete=False) == "late"
    assert story.sweep(9 * HOUR + 6, ("success", 9 * HOUR + 1), complete=False) == "ok"


def test_a_failure_is_down_at_once_and_until_a_success() -> None:
    story = Story()
    assert story.sweep(1, ("fail", 0), code=3) == "failed"
    (finding,) = judge_checks(story.checks, T + 1, story.listening)
    assert (finding.value, finding.detail, finding.since) == (3.0, "note 1", T)
    assert story.sweep(20, ("start", 10)) == "failed"
    assert story.sweep(20, ("fail", 19), code=4) == "failed"
    assert story.checks["c"].state.down_since == T
    assert story.sweep(40, ("log", 30)) == "failed"
    assert story.sweep(60, ("success", 50)) == "ok"
    assert [row[3] for row in story.history] == ["fail", "start", "fail", "log", "success"]


def test_a_run_is_timed_and_one_that_takes_too_long_is_down() -> None:
    story = Story(max_run_seconds=600)
    assert story.sweep(1, ("start", 0)) == "ok"
    assert story.sweep(599) == "ok"
    assert story.sweep(601) == "overrun"
    assert story.sweep(901, ("success", 900)) == "ok"
    assert story.history[-1][5] == 900.0
    assert story.sweep(1000, ("start", 990)) == "ok"


def test_the_end_of_a_long_run_may_have_been_told_while_we_did_not_listen() -> None:
    story = Story(max_run_seconds=600, period_seconds=86_400)
    story.sweep(1, ("start", 0))
    story.listening = T + 3_000
    assert story.sweep(3_000) == "ok"
    assert story.sweep(3_601) == "overrun"


def test_a_run_under_way_is_not_missed() -> None:
    story = Story(grace_seconds=60)
    story.sweep(1, ("success", 0))
    assert story.sweep(2 * HOUR - 100, ("start", HOUR + 30)) == "ok"


def test_a_paused_check_is_not_judged_and_begins_anew() -> None:
    story = Story()
    story.sweep(1, ("success", 0))
    story.sweep(9 * HOUR)
    check = story.checks["c"]
    body = {"name": "backup", "period_seconds": 3600, "grace_seconds": 300}
    story.checks = {"c": Check.from_row("c", {**body, "paused": True}, check.state.to_row())}
    assert (story.sweep(9 * HOUR + 1), story.status(9 * HOUR + 1)) == ("ok", "paused")
    resumed = {**story.checks["c"].state.to_row(), "since_change": T + 20 * HOUR}
    story.checks = {"c": Check.from_row("c", body, resumed)}
    assert story.sweep(20 * HOUR + 1) == "ok"
    assert story.sweep(21 * HOUR + 301) == "late"


def test_a_cron_expression_is_due_at_its_times_in_its_zone() -> None:
    story = Story(period_seconds=None, cron="0 3 * * *", timezone="Asia/Seoul", grace_seconds=600)
    three = (T // 86_400) * 86_400 + 18 * HOUR - T  # 03:00 in Seoul
    story.sweep(three + 1, ("success", three))
    assert story.sweep(three + 86_400 + 599) == "ok"
    assert story.sweep(three + 86_400 + 601) == "late"


def test_a_ping_folded_twice_or_late_changes_nothing() -> None:
    checks = {"c": Check("c", "x", period_seconds=60)}
    first = Ping("c", "5-1", T, "success", 0, "")
    once = fold(checks, [first], T, 0.0)
    twice = fold(once.checks, [first, Ping("c", "4-1", T - 5, "fail", 1, "")], T, 0.0)
    assert twice.checks["c"].state == once.checks["c"].state
    assert twice.changed == {}


def test_a_success_in_the_moment_of_a_failure_ends_it_also_while_more_is_waiting() -> None:
    story = Story()
    assert story.sweep(0, ("fail", 0), complete=False) == "failed"
    assert story.sweep(0, ("success", 0), complete=False) == "ok"


def test_a_ping_of_a_check_that_is_gone_is_nobodys() -> None:
    folded = fold({}, [Ping("gone", "1-1", T, "fail", 1, "")], T, 0.0)
    assert (folded.pings, folded.document()) == ([], {})


@pytest.mark.parametrize(
    ("word", "expected"),
    [("", ("success", None)), ("start", ("start", None)), ("fail", ("fail", None)), ("log", ("log", None)),
     ("0", ("success", 0)), ("1", ("fail", 1)), ("255", ("fail", 255)), ("256", None), ("-1", None), ("x", None),
     ("²", None), ("0000", None), ("07", None)],
)  # fmt: skip
def test_what_comes_after_the_address(word: str, expected: object) -> None:
    assert outcome_of(word) == expected


@given(st.text(max_size=200), st.sampled_from(["start", "success", "fail", "log"]), st.none() | st.integers(0, 255))
def test_a_ping_comes_out_of_the_stream_as_it_went_in(note: str, kind: Any, code: int | None) -> None:
    note = note.encode("utf-8", "replace").decode()
    entry = Entry("7-3", T, ['[1,"k","web-1",null,null,0,[],[],{}]', encode_ping("c", kind, code, note)])
    assert pings_of([entry]) == [Ping("c", "7-3/1", T, kind, code, note)]


PINGS = st.lists(
    st.tuples(st.sampled_from(["start", "success", "fail", "log"]), st.integers(0, 20_000), st.booleans()), max_size=30
)


@given(PINGS, st.integers(1, 7_200), st.integers(0, 600), st.none() | st.integers(1, 3_600))
def test_whatever_comes_a_success_last_is_alright_and_a_failure_last_is_not(
    pings: list[tuple[str, int, bool]], period: int, grace: int, most: int | None
) -> None:
    story = Story(period_seconds=period, grace_seconds=grace, max_run_seconds=most)
    at = 0
    for kind, step, complete in pings:
        at += step
        state = story.sweep(at, (kind, at), complete=complete)
        if kind == "success":
            assert state == "ok"
        if kind == "fail":
            assert state == "failed"
    check = story.checks["c"].state
    assert (check.down_why is None) == (check.down_since is None)


A, B = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"


def _told(story: Story, *pings: tuple[str, float, str], now: float) -> list[float | None]:
    """The seconds that each ping is said to end."""
    sent = [Ping("c", f"r{at}{kind}", T + at, kind, None, "", rid) for kind, at, rid in pings]  # type: ignore[arg-type]
    folded = fold(story.checks, sent, T + now, story.listening)
    story.checks = dict(folded.checks)
    story.kept()
    return [one[5] for one in folded.pings]


def test_runs_that_overlap_are_told_apart_by_their_ids() -> None:
    story = Story()
    begun = [("start", 0.0, A), ("start", 10.0, B), ("success", 15.0, B)]
    assert _told(story, *begun, now=16) == [None, None, 5.0]
    assert story.checks["c"].state.begun == (T,)
    assert _told(story, ("fail", 60.0, A), now=61) == [60.0]
    assert story.checks["c"].state.begun == ()
    assert _told(story, ("success", 70.0, A), now=71) == [None], "its start was told of already"


def test_an_end_without_an_id_ends_what_goes_on_and_times_its_own_kind_only() -> None:
    story = Story()
    assert _told(story, ("start", 0.0, A), ("success", 9.0, ""), now=10) == [None, None]
    assert story.checks["c"].state.begun == ()
    assert _told(story, ("start", 20.0, ""), ("start", 21.0, A), ("success", 25.0, ""), now=26) == [None, None, 5.0]


def test_the_run_that_lasts_too_long_is_the_oldest_and_a_killed_one_is_given_up_in_time() -> None:
    story = Story(max_run_seconds=100)
    assert _told(story, ("start", 0.0, A), ("start", 50.0, B), now=60) == [None, None]
    assert story.sweep(101) == "overrun"
    assert _told(story, ("success", 90.0, B), now=102) == [40.0]
    assert story.sweep(103) == "overrun", "the first was not too long yet when the second ended"
    third = "33333333-3333-4333-8333-333333333333"
    assert _told(story, ("start", 200.0, third), ("fail", 205.0, third), now=206) == [None, 5.0]
    assert story.checks["c"].state.begun == (T,), "a failure proves nothing"
    assert _told(story, ("start", 210.0, third), ("success", 215.0, third), now=216) == [None, 5.0]
    assert story.checks["c"].state.begun == ()
    assert story.sweep(217) == "ok"


def test_a_check_keeps_so_many_runs_and_forgets_the_oldest() -> None:
    story = Story()
    pings = [("start", float(n), f"{n:08d}-0000-4000-8000-000000000000") for n in range(60)]
    _told(story, *pings, now=61)
    assert len(story.checks["c"].state.runs) == 50
    assert min(story.checks["c"].state.begun) == T + 10


def test_the_id_of_a_run_goes_with_its_ping() -> None:
    texts = [encode_ping("c", "start", None, "", A), encode_ping("c", "success", 0, "x")]
    assert [ping.rid for ping in pings_of([Entry("1-0", T, texts)])] == [A, ""]

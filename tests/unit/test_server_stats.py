"""The native format: what is taken, what is refused, and that a refusal says what and where."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.domain.errors import BadInput
from lib.monitoring.collectors.samples import MAX_SAMPLES
from lib.monitoring.collectors.server_stats import MAX_REJECTS_TOLD, Batch, decode
from lib.monitoring.parts import encode_parts
from lib.strict_json import parse

NOW = 1_763_900_000
DAY = 86_400


def sample(at: float = NOW, **values: Any) -> dict[str, Any]:
    return {"at": at, **(values or {"cpu": 12.5})}


def post(*samples: Any, **more: Any) -> Batch:
    return decode({"server": "web-1", "samples": list(samples), **more}, NOW)


def test_metrics_mounts_and_names_of_ones_own_become_series() -> None:
    batch = post(
        sample(
            cpu=12.3,
            mounts={"/": {"disk": 44.1, "inode": 12, "size_bytes": 200, "free_bytes": 100}, "/data": 71.0},
            metrics={"temperature": 51.5, "app.queue_depth": 12},
        )
    )
    (share,) = batch.shares
    assert dict(zip(share.series, share.rows[0][1], strict=True)) == {
        "cpu": 12.3, "disk:/": 44.1, "inode:/": 12, "disk:/data": 71.0, "temperature": 51.5, "app.queue_depth": 12,
    }  # fmt: skip
    assert share.extra["mounts"] == {"/": [200, 100]}
    assert (batch.accepted, batch.rejected) == (1, [])


def test_samples_with_different_metrics_share_one_list_of_series() -> None:
    batch = post(sample(cpu=1), sample(memory=2, cpu=3), sample(memory=4), sample(cpu=None, memory=5))
    (share,) = batch.shares
    assert share.series == ["cpu", "memory"]
    assert [row for _, row in share.rows] == [[1, None], [3, 2], [None, 4], [None, 5]]


def test_nought_and_minus_nought_are_values() -> None:
    (share,) = post(sample(cpu=0, net_in=0.0, temperature=-0.0)).shares
    assert share.rows[0][1] == [0, 0.0, -0.0]


@pytest.mark.parametrize(
    ("bad", "pointer", "said"),
    [
        (7, "/samples/0", "an object"),
        ({"cpu": 1}, "/samples/0/at", "seconds since 1970"),
        ({"at": "now", "cpu": 1}, "/samples/0/at", "seconds since 1970"),
        ({"at": True, "cpu": 1}, "/samples/0/at", "seconds since 1970"),
        (sample(at=NOW - 8 * DAY), "/samples/0/at", "8.0 days old"),
        (sample(at=0), "/samples/0/at", "years old: is its time in the right unit"),
        (sample(at=NOW + 400), "/samples/0/at", "400 s in the future"),
        (sample(at=NOW * 1000), "/samples/0/at", "in the future"),
        ({"at": NOW}, "/samples/0/", "at least one value"),
        (sample(cpu=None), "/samples/0/", "at least one value"),
        (sample(cpu="12"), "/samples/0/cpu", "must be a number, not text"),
        (sample(cpu=True), "/samples/0/cpu", "not true or false"),
        (sample(cpu=[1]), "/samples/0/cpu", "not a list"),
        (sample(cpu={}), "/samples/0/cpu", "not an object"),
        (sample(cpu=100.1), "/samples/0/cpu", "outside 0 to 100"),
        (sample(cpu=-0.5), "/samples/0/cpu", "outside 0 to 100"),
        (sample(net_in=1e16), "/samples/0/net_in", "outside 0 to 1e+15"),
        (sample(net_in=10**19), "/samples/0/net_in", "outside"),
        (sample(cpu=float("nan")), "/samples/0/cpu", "outside"),
        (sample(cpu=float("inf")), "/samples/0/cpu", "outside"),
        (sample(cqu=1), "/samples/0/cqu", 'there is no metric "cqu"'),
        (sample(mounts={"/": {"disk": 101}}), "/samples/0/disk:~1", "outside"),
        (sample(mounts=[1]), "/samples/0/mounts", "no metric"),
        (sample(metrics="x"), "/samples/0/metrics", "no metric"),
        (sample(**{f"app.m{index}": 1 for index in range(201)}), "/samples/0/", "more than 200 metrics"),
    ],
)
def test_a_bad_sample_is_refused_by_itself_saying_what_and_where(bad: Any, pointer: str, said: str) -> None:
    batch = decode({"server": "web-1", "samples": [bad, sample()]}, NOW)
    (reject,) = batch.rejected
    assert reject["pointer"] == pointer
    assert said in reject["reason"]
    assert reject["index"] == 0
    assert batch.accepted == 1
    assert batch.shares[0].rows[0][1][batch.shares[0].series.index("cpu")] == 12.5


@pytest.mark.parametrize(
    ("document", "pointer"),
    [
        ([], ""),
        ("web", ""),
        (None, ""),
        ({"samples": [sample()]}, "/server"),
        ({"server": "a/b", "samples": [sample()]}, "/server"),
        ({"server": 7, "samples": [sample()]}, "/server"),
        ({"server": "web", "samples": {"at": 1}}, "/samples"),
        ({"server": "web", "samples": [sample()] * (MAX_SAMPLES + 1)}, "/samples"),
        ({"server": "web", "host": "debian"}, "/host"),
        ({"server": "web", "sent_at": "now"}, "/sent_at"),
        ({"server": "web", "sent_at": -5}, "/sent_at"),
        ({"server": "web", "sent_at": True}, "/sent_at"),
        ({"server": "web", "post": 7}, "/post"),
        ({"server": "web", "post": {}}, "/post/epoch"),
        ({"server": "web", "post": {"epoch": "e" * 41, "n": 1}}, "/post/epoch"),
        ({"server": "web", "post": {"epoch": "a\tb", "n": 1}}, "/post/epoch"),
        ({"server": "web", "post": {"epoch": "e", "n": 0}}, "/post"),
        ({"server": "web", "post": {"epoch": "e", "n": 1.5}}, "/post"),
        ({"server": "web", "post": {"epoch": "e", "n": 2**60}}, "/post"),
        ({"server": "web", "post": {"epoch": "e", "n": 4, "floor": 5}}, "/post"),
        ({"server": "web", "post": {"epoch": "e", "n": 4, "floor": 0}}, "/post"),
    ],
)
def test_a_post_that_cannot_be_read_at_all_is_bad_input_with_the_place(document: Any, pointer: str) -> None:
    with pytest.raises(BadInput) as caught:
        decode(document, NOW)
    assert caught.value.errors[0]["pointer"] == pointer
    assert caught.value.detail


@pytest.mark.parametrize(
    "raw",
    [
        b'{"server": "web", "samples": [{"at": 1763900000, "cpu": NaN}]}',
        b'{"server": "web", "samples": [{"at": 1763900000, "cpu": 1e400}]}',
        b'{"server": "web", "samples": [{"at": 1763900000, "cpu": -Infinity}]}',
        b'{"server": "web", "samples": [{"at": 1763900000, "cpu": 1, "cpu": 2}]}',
        b'{"server": "web", "samples": ' + b"[" * 5_000 + b"]" * 5_000 + b"}",
        b'{"server": "web", "host": {"os": "\\ud800"}}',
        b'{"server": "web", "host": {"os": "\\u0000"}}',
        b'{"server": "web"',
        b"\xff\xfe",
        b"",
    ],
)
def test_what_is_no_json_of_ours_never_reaches_the_decoder(raw: bytes) -> None:
    with pytest.raises(BadInput):
        decode(parse(raw), NOW)


def test_a_clock_a_day_off_is_put_right_before_its_samples_are_judged() -> None:
    theirs = NOW + DAY
    batch = decode(
        {
            "server": "web-1", "sent_at": theirs, "post": {"epoch": "e", "n": 1},
            "samples": [sample(at=theirs)], "errors": [{"message": "oom", "at": theirs}, {"message": "no time"}],
        },
        NOW,
    )  # fmt: skip
    assert batch.accepted == 1
    assert [error[1] for error in batch.shares[0].extra["errors"]] == [theirs, theirs]
    unnumbered = decode({"server": "web-1", "sent_at": theirs, "samples": [sample(at=theirs)]}, NOW)
    assert unnumbered.accepted == 0


def test_not_more_rejects_are_told_than_a_person_reads() -> None:
    batch = post(*[sample(cpu=-1)] * 500)
    assert len(batch.rejected) == MAX_REJECTS_TOLD


def test_facts_processes_and_events_are_kept_in_the_form_we_know() -> None:
    batch = post(
        host={"os": "Debian\u202e 12", "cores": 8, "boot_at": -1, "unknown": 1, "tags": {"env": "prod", "n": 7}},
        processes=[
            {"name": "postgres", "pid": 811, "cpu": 12.123, "memory": True, "ports": [5432, 0, "x"]},
            {"pid": 1},
        ],
        errors=[{"id": "c0ffee", "at": NOW, "level": "ERR", "source": "nginx", "message": "timed\nout"}],
        events=[{"at": NOW, "kind": "deploy", "title": "v2"}, {"kind": "deploy"}],
        agent="omv 1",
    )
    extra = batch.shares[0].extra
    assert extra["host"] == {"os": "Debian 12", "cores": 8, "tags": {"env": "prod"}}
    assert extra["processes"] == [
        {"name": "postgres", "pid": 811, "user": None, "cpu": 12.12, "memory": None, "ports": [5432]}
    ]
    assert extra["errors"] == [["c0ffee", NOW, "error", "nginx", "timed out"]]
    assert extra["events"][0][1:] == [NOW, "deploy", "v2"]
    assert [reject["pointer"] for reject in batch.rejected] == ["/processes/1/name", "/events/1/title"]


def test_the_same_event_without_an_id_gets_the_same_one_twice() -> None:
    first, second = (post(events=[{"at": NOW, "kind": "deploy", "title": "v2"}]).shares[0] for _ in range(2))
    assert first.extra["events"] == second.extra["events"]


def test_a_storm_of_long_errors_still_fits_into_one_command() -> None:
    errors = [{"at": NOW, "message": f"{index} " + "오류" * 2_000, "source": "s" * 300} for index in range(500)]
    (share,) = post(errors=errors).shares
    assert len(share.extra["errors"]) == 500
    assert sum(len(part.encode()) for part in encode_parts(share, "key")) < 600_000


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["at", "cpu", "disk", "mounts", "metrics", "app.x", "name", "n", "epoch"])
            | st.text(max_size=4),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)


@given(
    st.dictionaries(
        st.sampled_from(["samples", "host", "processes", "errors", "events", "post", "sent_at", "agent"]),
        JSON | st.lists(JSON, max_size=5),
    )
)
def test_whatever_json_comes_it_is_read_or_refused(document: dict[str, Any]) -> None:
    try:
        batch = decode({"server": "web", **document}, NOW)
    except BadInput:
        return
    for share in batch.shares:
        encode_parts(share, "key")

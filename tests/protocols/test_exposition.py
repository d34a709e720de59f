"""Prometheus' text, as it is pushed: names, labels, escapes, times, and the Pushgateway's paths."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.domain.errors import BadInput, DomainError
from lib.monitoring.collectors.exposition import PROTOCOL, grouping_of, labels_of
from lib.monitoring.collectors.protocols import Incoming, Reply
from lib.monitoring.collectors.server_stats import Batch

NOW = 1_795_600_000.0


def batch(text: str, grouping: str = "node/instance/box:9100", **headers: str) -> Batch:
    request = Incoming("PUT", "/metrics/job/<path:grouping>", text.encode(), NOW, {"grouping": grouping}, {}, headers)
    found = PROTOCOL.read(request)
    assert isinstance(found, Batch)
    return found


def test_lines_become_values_at_their_time() -> None:
    found = batch(
        "# HELP node_load1 1m load average.\n# TYPE node_load1 gauge\nnode_load1 0.42\n"
        f'app_depth{{queue="a",}} 7 {int(NOW - 60) * 1000}\napp_depth{{queue="b}}\\"x"}} 8\napp_gone NaN\n'
    )
    (share,) = found.shares
    assert share.server == "box"
    values = {
        (at, name): value
        for at, row in share.rows
        for name, value in zip(share.series, row, strict=True)
        if value is not None
    }
    assert values == {
        (int(NOW), "load1"): 0.42, (int(NOW) - 60, "prom.app_depth:a"): 7.0, (int(NOW), "prom.app_depth:b_x"): 8.0,
    }  # fmt: skip
    assert found.rejected == []


def test_openmetrics_counts_times_in_seconds_and_has_exemplars() -> None:
    found = batch(
        f'app_x 1 {NOW - 5} # {{trace="t"}} 0.5\n# EOF',
        **{"content-type": "application/openmetrics-text; version=1.0.0"},
    )
    assert found.shares[0].rows == [(int(NOW) - 5, [1.0])]


@pytest.mark.parametrize(
    "line", ["1x 2", "x", "x{a=1} 2", 'x{a="b" 2', "x{} two", "x 1 2 3", 'x{a="b"}', 'x{a="b"c="d"} 1']
)
def test_a_broken_line_is_refused_by_itself(line: str) -> None:
    found = batch(f"app_a 1\n{line}\napp_b 2")
    assert found.accepted == 2
    assert len(found.rejected) == 1


@given(st.dictionaries(st.from_regex(r"[a-z_][a-z0-9_]{0,8}", fullmatch=True), st.text(max_size=20), max_size=4))
def test_labels_are_read_as_they_were_escaped(labels: dict[str, str]) -> None:
    def escaped(text: str) -> str:
        return text.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')

    text = ",".join(f'{name}="{escaped(value)}"' for name, value in labels.items())
    assert labels_of(text) == labels


def test_a_gateway_s_path_names_labels() -> None:
    encoded = base64.urlsafe_b64encode(b"/var/tmp").decode().rstrip("=")
    assert grouping_of(f"some%20job/instance/a/path@base64/{encoded}") == {
        "job": "some job",
        "instance": "a",
        "path": "/var/tmp",
    }
    assert grouping_of("YS9i/instance/a/empty@base64/=", "job@base64") == {"job": "a/b", "instance": "a", "empty": ""}
    for wrong in ("job/instance", "job/path@base64/%%%"):
        with pytest.raises(BadInput):
            grouping_of(wrong)
    reply = PROTOCOL.read(Incoming("DELETE", "/metrics/job/<path:grouping>", b"", NOW, {"grouping": "x"}))
    assert isinstance(reply, Reply)
    assert reply.status == 202


@given(st.binary(max_size=300))
def test_whatever_comes_is_read_or_refused(body: bytes) -> None:
    try:
        PROTOCOL.read(Incoming("POST", "/metrics/job/<path:grouping>", body, NOW, {"grouping": "j/instance/i"}))
    except DomainError:
        return

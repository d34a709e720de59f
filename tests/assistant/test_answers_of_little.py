"""What is told where a server tells little, and where no server is what the question says."""

from __future__ import annotations

import pytest

from tests.assistant.known_fleet import Hub, facts

BOTH = pytest.mark.parametrize("locale", ["ko", "en"])


@BOTH
def test_of_a_disk_without_sizes_its_free_share_is_told(troubled: Hub, locale: str) -> None:
    text = {"ko": "web-01 디스크 얼마나 남았어?", "en": "disk free on web-01?"}[locale]
    reply = troubled.ask("metric_current", locale, text=text, servers=["web-01"], metrics=["disk"])
    first = reply.answer.splitlines()[0]
    assert "**60%**" in first
    assert "40%" in first
    assert facts(reply, "disk_free", "web-01") == [60]
    assert not any(word in one for one in reply.suggestions for word in ("남은", "free"))


@BOTH
@pytest.mark.parametrize(
    "intent", ["metric_current", "metric_history", "top_n", "root_cause", "compare_periods", "uptime_sla", "log_query"]
)
def test_that_no_server_is_meant_is_said(troubled: Hub, locale: str, intent: str) -> None:
    reply = troubled.ask(intent, locale, globs=["edge-*"], metrics=["cpu"])
    assert "edge-" in reply.answer.splitlines()[0]
    assert facts(reply, "servers") == [0]

"""Reports: a document whose every number is known, in both forms, that runs nothing and shows names as names."""

from __future__ import annotations

import re
import statistics
import time
from datetime import datetime
from html.parser import HTMLParser
from zoneinfo import ZoneInfo

import pytest

from lib.domain.access import Sight
from lib.mcp.core.facts import unfounded
from lib.mcp.core.report_pages import Pages, inline, plain
from lib.mcp.core.responder import Reply
from lib.monitoring.alerts.rulebook import WantedRule
from tests.assistant import troubled_fleet
from tests.assistant.known_fleet import DAY, FLEET, HOUR, ZONE, Hub, facts, instants, measured
from tests.assistant.past_fleet import OUTAGES
from tests.assistant.troubled_fleet import HOSTILE, alert_of

BOTH = pytest.mark.parametrize("locale", ["ko", "en"])
RULE = "**x** <script>alert(1)</script> | [a](javascript:b)"


@pytest.fixture(scope="module")
def troubled(troubled: Hub) -> Hub:
    """With an alert of a rule that somebody named to do harm."""
    troubled.services.rulebook.create(WantedRule(name=RULE, metric="cpu", warning=10.0))
    now = time.time()
    samples = [{"at": int(now) - 50 + 10 * n, "cpu": 21.0} for n in range(5)]
    troubled_fleet.report(troubled.services, "web-02", samples, now)
    return troubled


class Seen(HTMLParser):
    """What a browser would make of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: dict[str, str | None] = {}
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= dict(attrs)

    def handle_data(self, data: str) -> None:
        self.text += data


def document(reply: Reply) -> dict[str, str]:
    """The reply's, which must keep the contract as its answer does."""
    assert reply.document is not None
    assert unfounded(reply.document["markdown"], reply.facts, reply.names) == []
    page = Seen(reply.document["html"])
    assert page.tags <= {
        "html", "head", "meta", "title", "style", "body", "h1", "h2", "p", "ul", "li", "table", "thead", "tbody", "tr",
        "th", "td", "strong", "code",
    }  # fmt: skip
    assert page.attributes.keys() <= {"lang", "charset", "http-equiv", "content", "name", "class", "scope"}
    # Both forms say the same.
    words = re.sub(r"\W+", "", plain(re.sub(r"^[#|\- ]+|\|", "", reply.document["markdown"], flags=re.MULTILINE)))
    shown = re.sub(r"\W+", "", page.text.split("}\n", 1)[-1].split("@page", 1)[-1])
    assert words[:80] in shown
    return reply.document


def range_of(start: float, end: float) -> dict[str, str]:
    return {
        name: datetime.fromtimestamp(int(at), ZoneInfo(ZONE)).isoformat()
        for name, at in (("start", start), ("end", end))
    }


@BOTH
def test_a_daily_report_has_its_figures_right(hub: Hub, locale: str) -> None:
    reply = hub.ask("report", locale, text="일간 보고서")
    made = document(reply)
    assert made["title"].startswith("일간 보고서" if locale == "ko" else "Daily report")
    assert facts(reply, "servers_critical") == [1]
    assert facts(reply, "alerts_open") == [1]
    assert facts(reply, "alerts_opened") == [0]
    assert facts(reply, "errors") == [3]
    assert facts(reply, "events") == [1]
    means = [statistics.mean(hub.values(name, "cpu", hub.now - DAY, hub.now)) for name in FLEET]
    assert facts(reply, "cpu_mean")[0] == pytest.approx(statistics.mean(means), abs=0.2)
    assert "db-01" in made["markdown"]
    assert "`api v2.4.1`" in made["markdown"]
    for heading in (
        ("요약", "가용성", "위험", "권고")
        if locale == "ko"
        else ("Summary", "Availability", "Risks", "Recommendations")
    ):
        assert f"\n## {heading}\n" in made["markdown"]
        assert f"<h2>{heading}</h2>" in made["html"]
    assert ("기본 24시간" if locale == "ko" else "the default 24 h") in made["markdown"]
    assert len(reply.answer.splitlines()) <= 8


@BOTH
def test_the_largest_changes_are_named_and_what_is_missing_before_is_said(hub: Hub, locale: str) -> None:
    reply = hub.ask("report", locale, time=range_of(hub.now - 12 * HOUR, hub.now))
    made = document(reply)["markdown"]
    times = [at for at in instants("api-02", hub.now) if at >= hub.now - 12 * HOUR]
    after = statistics.mean(measured("api-02", at, hub.now)["metrics"]["latency"] for at in times)
    before, now = facts(reply, "latency", "api-02")[:2]
    assert before == pytest.approx(180, abs=0.5)
    assert now == pytest.approx(after, rel=0.05)
    assert facts(reply, "disk_change", "web-02") == [pytest.approx(2, abs=0.3)]
    day = document(hub.ask("report", locale))["markdown"]
    missing = "같은 길이의 비교가 아닙니다" if locale == "ko" else "not of one length"
    assert missing in day
    assert missing not in made


@BOTH
@pytest.mark.parametrize(("days", "ko", "en"), [(1, "일간", "Daily"), (7, "주간", "Weekly"), (30, "월간", "Monthly")])
def test_the_kind_is_that_of_the_period(hub: Hub, locale: str, days: int, ko: str, en: str) -> None:
    reply = hub.ask("report", locale, time=range_of(hub.now - days * DAY, hub.now))
    assert document(reply)["title"].startswith(ko if locale == "ko" else en)
    if days > 1:  # there are thirty hours of history
        assert ("비어 있습니다" if locale == "ko" else "begins only at") in reply.answer.splitlines()[0]
        assert ("없어 비교하지 않았습니다" if locale == "ko" else "no record of the time before") in document(reply)[
            "markdown"
        ]


@BOTH
def test_outages_stand_with_their_length(past: Hub, locale: str) -> None:
    reply = past.ask("report", locale)
    made = document(reply)["markdown"]
    within = [(ago, length) for name, ago, length in OUTAGES if name == "web-02" and ago < DAY]
    # Two of them touch: 900 s that began 300 s into 720 s are 1 200 s together.
    assert len(within) == 3
    assert facts(reply, "outages", "web-02") == [2]
    (share,) = facts(reply, "availability", "web-02")
    assert share == pytest.approx(100 * (1 - (1_200 + 60) / DAY), abs=0.01)
    assert "web-02" in made


@BOTH
def test_an_incident_has_its_timeline_and_its_causes(troubled: Hub, locale: str) -> None:
    alert = alert_of(troubled, "db-01")
    troubled.services.alerts.act(alert["id"], "acknowledge", "ada@example.org", "보고 있음 **x**")
    reply = troubled.ask("report", locale, servers=["db-01"], text="db-01 장애 보고서 써줘")
    made = document(reply)
    assert made["title"].startswith("장애 보고서" if locale == "ko" else "Incident report")
    assert "ada@example.org" in made["markdown"]
    assert f"{datetime.fromtimestamp(alert['opened_at_epoch'], ZoneInfo(ZONE)):%H:%M:%S}" in made["markdown"]
    assert ("가능한 원인" if locale == "ko" else "Possible causes") in made["markdown"]
    assert "\\*\\*x\\*\\*" in made["markdown"]
    quiet = troubled.ask(
        "report", locale, servers=["db-02"], text="장애 보고서", time=range_of(time.time() - 1_500, time.time())
    )
    assert document(quiet)["title"].startswith("일간" if locale == "ko" else "Daily")  # there was none


@BOTH
def test_names_and_titles_are_shown_and_never_run(troubled: Hub, locale: str) -> None:
    reply = troubled.ask("report", locale)
    made = document(reply)
    assert "<script" not in made["html"]
    assert "&lt;script&gt;" in made["html"]
    assert "<img" not in made["html"]
    assert "javascript:b" in Seen(made["html"]).text
    assert HOSTILE.replace("`", "'")[:20] in Seen(made["html"]).text
    rows = [line for line in made["markdown"].splitlines() if line.startswith("|")]
    assert {len(re.findall(r"(?<!\\)\|", line)) for line in rows if "alert(1)" in line} == {7}
    assert "Content-Security-Policy" in made["html"]


def test_a_report_is_of_what_is_in_sight(troubled: Hub) -> None:
    reply = troubled.ask("report", sight=Sight(tags=("env:staging",)))
    made = document(reply)
    assert facts(reply, "servers") == [1]
    for name in ("web-01", "db-01", "alert(1)"):
        assert name not in made["markdown"]


def test_inline_text_is_bold_code_or_itself() -> None:
    assert inline("**a \\*b** `<c>` <d> & \\`e") == "<strong>a *b</strong> <code>&lt;c&gt;</code> &lt;d&gt; &amp; `e"
    assert plain("**a** `b|c` \\|") == "a b|c |"
    pages = Pages("t", "l", "en")
    pages.table(["a"], [["`b|c` \\| d"]])
    assert "| `b\\|c` \\| d |" in pages.markdown()

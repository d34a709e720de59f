"""What the assistant says about the product is true of it: parts of the page, settings, routes, options, papers."""

from __future__ import annotations

import re
from itertools import chain

import pytest

from lib.mcp.core.facts import unfounded
from lib.mcp.core.processor import parse
from lib.mcp.knowledge import agents, clients, product
from lib.mcp.knowledge.help import MOST_LINES, Help
from lib.mcp.knowledge.texts import Text
from lib.monitoring.collectors import PROTOCOLS
from tests.protocols.agents_paper import PAPER
from tests.test_architecture import ROOT

CLIENTS = [clients.topic(key) for key in clients.topics()]
ANSWERS = [*map(product.topic, product.topics()), *map(agents.topic, agents.topics()), *CLIENTS]
NOW = "2026-11-18T14:30:00+09:00"
HANGUL = re.compile(r"[가-힣]")
CODE = re.compile(r"`([^`]+)`")


def words_of_page(locale: str) -> str:
    return "\n".join(
        path.read_text(encoding="utf-8") for path in sorted((ROOT / "public/js/messages").glob(f"{locale}*.js"))
    )


def lines(one: Help) -> list[str]:
    return list(chain.from_iterable((text.ko, text.en) for text in one.lines))


def code_of(one: Help) -> list[str]:
    return [code for line in lines(one) for code in CODE.findall(line)]


def named(answer: Help) -> str:
    return answer.key


@pytest.mark.parametrize("one", ANSWERS, ids=named)
def test_an_answer_is_whole_in_both_languages(one: Help) -> None:
    assert 2 <= len(one.lines) <= MOST_LINES
    assert 3 <= len(one.examples) <= 4
    assert len({ko for ko, _ in one.examples}) == len(one.examples)
    for text in (one.title, *one.lines, *(Text(*pair) for pair in one.examples)):
        if text.ko != text.en:
            assert HANGUL.search(CODE.sub("", text.ko)), text.ko
        assert not HANGUL.search(text.en), text.en
        assert not re.search(r"^>|(?<!\*)\*(?!\*)", CODE.sub("", text.en)), "the page shows no italics"
    for text in one.lines:
        prose = re.sub(r"\([^)]*\)", "", CODE.sub("", text.ko)).rstrip(".: ")
        if prose and not text.ko.startswith(("- ", "2. ", "확인: ")):
            assert re.sub(r"(?<=니다):\s.*$", "", prose).endswith("니다"), text.ko
        # Numbers of the knowledge become facts: they must read as numbers, and no time of day or date.
        for number in unfounded(f"{text.ko} {text.en}", []):
            float(number)


@pytest.mark.parametrize("one", ANSWERS, ids=named)
def test_places_on_the_page_exist(one: Help) -> None:
    parts = re.search(r"const PARTS = \{(.*?)\}", (ROOT / "public/js/views/settings.js").read_text(encoding="utf-8"))
    assert parts is not None
    if "?part=" in one.place:
        assert f"{one.place.partition('?part=')[2]}:" in parts[1]
    else:
        assert one.place in {"", "/#/", "/#/settings", "/#/servers", "/#/add"}


@pytest.mark.parametrize("one", ANSWERS, ids=named)
def test_names_of_the_page_are_those_on_the_page(one: Help) -> None:
    korean, english = words_of_page("ko"), words_of_page("en")
    for text in one.lines:
        for name in re.findall(r"'([^']+)'(?!처럼| 규칙)", CODE.sub("", text.ko)):
            assert f"'{name}'" in korean or f" {name}'" in korean, name
        for name in re.findall(r"\*\*([^*]+)\*\*", text.en):
            for part in name.split(", "):
                assert f"'{part}'" in english, name


@pytest.mark.parametrize("one", ANSWERS, ids=named)
def test_settings_routes_and_papers_exist(one: Help) -> None:
    known = (ROOT / ".env.example").read_text(encoding="utf-8")
    routes = (ROOT / "docs/openapi.yaml").read_text(encoding="utf-8")
    said = " ".join(lines(one))
    for name in re.findall(r"OPENMANAGER_[A-Z_]+", said):
        assert name in known, name
    for path in re.findall(r"(?:GET|POST|PATCH|PUT|DELETE) (/[^\s`]+)", said):
        shown = re.sub(r"/(?:이름|NAME)", "/{name}", path)
        assert f"\n  {shown}:\n" in routes, path
    for paper in re.findall(r"docs/[a-z.]+", said):
        assert (ROOT / paper.rstrip(".")).is_file(), paper


@pytest.mark.parametrize("one", [agents.topic(key) for key in agents.topics()], ids=named)
def test_options_and_files_are_those_of_the_installer_and_the_agent(one: Help) -> None:
    scripts = "".join((ROOT / "public" / name).read_text(encoding="utf-8") for name in ("install.sh", "agent.py"))
    for code in code_of(one):
        for option in re.findall(r"(?<![\w-])--[a-z0-9-]+", code):
            assert option in scripts, option
        for path in re.findall(r"/(?:etc|usr|var)/[\w./-]+", code):
            assert path.rpartition("/")[2] in scripts, path
        for address in re.findall(r"https://HUB/([\w.]+)", code):
            assert address == "api" or (ROOT / "public" / address).is_file(), address


@pytest.mark.parametrize("one", CLIENTS, ids=named)
def test_configurations_of_other_agents_are_those_of_the_paper(one: Help) -> None:
    paper = PAPER.read_text(encoding="utf-8")
    shown = [text.ko for text in one.lines if CODE.fullmatch(text.ko)]
    assert bool(shown) == (one.key != "statsd")
    for text in shown:
        assert f"\n{text[1:-1]}\n" in paper, text
    for path in re.findall(r"`(/(?:api|write|ping)[\w./-]*)`", " ".join(lines(one))):
        assert f"`{path.removesuffix('...').rstrip('/')}" in paper, path


# What a person calls what each file of collectors reads; a new protocol is told of, or this test says so.
CALLED = {
    "alertmanager": "Alertmanager", "alertmanager_api": "Alertmanager", "collectd": "collectd", "glances": "Glances",
    "grafana": "Grafana", "influx": "InfluxDB", "exposition": "text", "plain_alerts": "JSON", "opentsdb": "OpenTSDB",
    "prometheus": "remote_write", "otlp": "OpenTelemetry", "otlp_logs": "logs",
}  # fmt: skip


def test_what_is_supported_names_every_protocol_and_every_client_with_a_configuration() -> None:
    assert CALLED.keys() == PROTOCOLS.keys()
    korean, english = (
        " ".join(side) for side in zip(*((text.ko, text.en) for text in agents.topic("systems").lines), strict=True)
    )
    for word in CALLED.values():
        assert word in english, word
        assert word in korean or word in {"text", "logs"}, word
    for one in CLIENTS:
        for name in one.title.ko.removesuffix(" 연결").removesuffix(" Collector").split(", "):
            assert name in {"curl", "StatsD"} or (name in korean and name in english), name


@pytest.mark.parametrize(
    ("key", "ko", "en"),
    [
        ("telegraf", "telegraf 어떻게 연결해?", "how do I connect telegraf?"),
        ("telegraf", "텔레그라프 연동하려면?", "connect telegraf"),
        ("prometheus", "프로메테우스 연결 방법", "how do I connect prometheus?"),
        ("prometheus", "node exporter 쓸 수 있어?", "can I use node_exporter with this?"),
        ("otel", "오픈텔레메트리 연결하려면?", "how do I send OTLP metrics here?"),
        ("alloy", "Grafana Alloy 연결 방법", "how do I connect grafana alloy"),
        ("collectd", "collectd 설정 방법 알려줘", "how do I configure collectd to report here?"),
        ("netdata", "netdata 연동하려면?", "how to send netdata metrics to this hub"),
        ("glances", "glances 연동", "how do I connect glances?"),
        ("vector", "Vector 연결하려면?", "how to use vector with this"),
        ("fluentbit", "fluent bit 설정", "how do I configure fluent bit?"),
        ("influx", "influxdb client로 보내는 방법", "how do I send InfluxDB line protocol?"),
        ("curl", "curl로 지표 보내는 법", "can I send metrics with curl?"),
        ("tsdb", "graphite로 보내고 싶어", "can I send graphite metrics"),
        ("statsd", "statsd 지원해?", "do you support statsd?"),
        ("pings", "업타임 쿠마 연결", "how do I connect Uptime Kuma?"),
        ("alertmanager", "alertmanager 연결 방법", "how do I connect alertmanager?"),
        ("clouds", "AWS EC2 연결 방법 알려줘", "How do I connect my AWS account?"),
        ("clouds", "애저도 지원해?", "Does it support Azure?"),
        ("clouds", "구글 클라우드 연동 방법", "how do I connect Google Cloud?"),
        ("systems", "어떤 프로토콜을 지원해?", "which protocols are supported?"),
        ("systems", "어떤 에이전트를 지원해?", "which agents are supported?"),
    ],
)
def test_questions_about_other_agents_find_their_configuration(key: str, ko: str, en: str) -> None:
    for text in (ko, en):
        assert parse(text, NOW, [{"id": "web-01"}, {"id": "db-01"}])["intent"] == "agent_help", text
        assert agents.agent_help(text).key == key, text


@pytest.mark.parametrize(
    ("intent", "text"),
    [
        ("process_query", "is prometheus running on web-01?"),
        ("process_query", "프로메테우스 프로세스 CPU"),
        ("product_help", "MCP 연결 방법"),
    ],
)
def test_what_only_names_one_stays_what_it_was(intent: str, text: str) -> None:
    assert parse(text, NOW, [{"id": "web-01"}, {"id": "db-01"}])["intent"] == intent


@pytest.mark.parametrize(
    ("key", "ko", "en"),
    [
        ("capabilities", "무엇을 물어볼 수 있어?", "what can you do?"),
        ("capabilities", "여기 물어봐도 되는 게 뭐뭐야", "help"),
        ("answers", "답은 어떻게 만들어? 챗지피티야?", "do you use a language model?"),
        ("settings", "설정은 어디서 해?", "where are the settings?"),
        ("mcp", "클로드에 연결하려면?", "how do I connect Cursor to this?"),
        ("mcp", "MCP 연결 방법", "MCP connection"),
        ("notifications", "슬랙으로 알림 받고 싶어", "send alerts to slack"),
        ("notifications", "알림은 어떻게 받아?", "how do I get notified?"),
        ("push", "휴대폰으로 받을 수 있어?", "can I get alerts on my phone"),
        ("silences", "점검 시간은 어떻게 등록해?", "how do I set a maintenance window"),
        ("rules", "규칙은 어떻게 만들어?", "how do I create an alert rule"),
        ("languages", "영어로 바꾸고 싶어", "is there a dark mode?"),
        ("jobs", "백업이 돌았는지 감시할 수 있어?", "can you watch cron jobs"),
        ("status_page", "공개 상태 페이지 있어?", "do you have a public status page"),
        ("users", "팀원을 초대하려면?", "how do I add a user"),
        ("roles", "역할에는 무엇이 있어?", "which roles are there"),
        ("password", "비밀번호 바꾸는 법", "I forgot my password"),
        ("keys", "API 키는 어떻게 만들어?", "is there an API?"),
        ("data", "데이터는 어디에 저장돼?", "where is my data stored"),
        ("retention", "데이터는 얼마나 보관해?", "how long is data kept"),
        ("costs", "비용은 얼마야?", "is it free?"),
        ("export", "엑셀로 내보낼 수 있어?", "can I export to csv"),
        ("audit", "누가 바꿨는지 볼 수 있어?", "is there an audit log"),
        ("addresses", "접속 주소 제한하는 법", "can I use an ip allowlist"),
        ("servers", "서버를 삭제하고 싶어", "how do I delete a server"),
        ("hub", "모니터 자체가 죽으면?", "how do I check hub health"),
        ("sensitivity", "이상 징후 감도 조절", "too many anomalies, false positives"),
        ("sharing", "대시보드를 공유하려면?", "can I embed a chart"),
        ("data", "데이터가 외부로 나가?", "do you send my data to a third party"),
        ("retention", "로그 저장 정책은 며칠이야", "how long are logs kept"),
        ("mcp", "코파일럿에 연결하기", "how to use mcp"),
        ("rules", "임계값은 어디서 설정해?", "where do I change the threshold"),
        ("answers", "사람이야 봇이야", "are you an ai"),
    ],
)
def test_questions_about_the_product_find_their_answer(key: str, ko: str, en: str) -> None:
    assert product.product_help(ko).key == key
    assert product.product_help(en).key == key


@pytest.mark.parametrize(
    ("key", "ko", "en"),
    [
        ("install", "에이전트 설치 방법 알려줘", "how do I install the agent?"),
        ("install", "서버를 추가하고 싶어", "how do I add a server?"),
        ("update", "에이전트 업데이트", "upgrade the agent"),
        ("remove", "에이전트 제거 방법", "uninstall the agent"),
        ("not_reporting", "에이전트가 보고 안 해", "the agent is not reporting"),
        ("key", "에이전트 키는 어디 있어?", "where is the agent key"),
        ("systems", "어떤 운영체제를 지원해?", "which systems are supported"),
        ("windows", "윈도우에 에이전트 설치", "install the agent on windows"),
        ("macos", "맥에 에이전트 설치할 수 있어?", "install the agent on macos"),
        ("container", "도커에서 에이전트 돌리는 법", "run the agent in kubernetes"),
        ("options", "에이전트로 로그 수집하려면", "how do I set the group and tags of a server"),
        ("network", "에이전트가 프록시를 쓸 수 있어?", "which port does the agent need, is there a proxy setting"),
        ("measured", "에이전트는 무엇을 수집해?", "what does the agent collect"),
        ("overhead", "에이전트가 무거워? 부담은?", "what is the overhead of the agent"),
        ("event", "배포 표시 남기는 방법", "how do I mark a deploy"),
        ("files", "에이전트 설정 파일 위치", "where is the config file of the agent"),
        ("interval", "에이전트 수집 주기는?", "how often does the agent send"),
        ("not_reporting", "설치했는데 서버가 안 보여", "i installed the agent but nothing shows up"),
        ("key", "에이전트 API 키 어떻게 발급해", "where do I find the ingest key"),
        ("install", "우분투에 에이전트 설치", "setup script for the agent on ubuntu"),
    ],
)
def test_questions_about_the_agent_find_their_answer(key: str, ko: str, en: str) -> None:
    assert agents.agent_help(ko).key == key
    assert agents.agent_help(en).key == key


def test_what_names_nothing_gets_the_first_answer() -> None:
    assert product.product_help("음...").key == "capabilities"
    assert agents.agent_help("에이전트").key == "install"

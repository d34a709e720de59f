"""A runbook as Markdown, for one family of systems, with the server's live values in it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from lib.mcp.knowledge.texts import Text, command, filled
from lib.mcp.knowledge.troubleshooting.form import SYSTEMS, Runbook, Step

MOST_LETTERS = 5_000
FAMILIES = ("linux", "debian", "rhel", "windows", "macos")

_DATABASES = ("postgresql", "mysql", "redis")
_SHOWN = {
    "linux": ("linux", "debian", "rhel", *_DATABASES),
    "debian": ("linux", "debian", *_DATABASES),
    "rhel": ("linux", "rhel", *_DATABASES),
    "windows": ("windows", *_DATABASES),
    "macos": ("macos", *_DATABASES),
}
_MARKS = {"rhel": ("red hat", "redhat", "rhel", "centos", "rocky", "alma", "fedora", "oracle", "amazon"),
          "debian": ("debian", "ubuntu", "mint", "raspbian"), "windows": ("windows",), "macos": ("macos", "mac os", "darwin")}  # fmt: skip
_IDENTIFIER = re.compile(
    r"(?<![\w/.-])(?:[A-Za-z][A-Za-z0-9.]*_[A-Za-z0-9_.]*[A-Za-z0-9]|--[a-z][a-z-]+|/[a-z]+(?:/[A-Za-z0-9_.-]*[a-z0-9])+)"
)
_HEADS = {
    "symptom": Text("증상", "Symptom"),
    "checks": Text("점검 순서", "Check in this order"),
    "fixes": Text("조치", "Fix"),
    "verify": Text("조치 확인", "Verify"),
    "safety": Text("주의", "Take care"),
}
_BY_HAND = Text(
    "명령은 서버에서 직접 실행해 주세요. 대부분 root(관리자) 권한이 필요하며, OpenManager가 대신 실행하지 않습니다. 대문자 단어는 환경에 맞게 바꿉니다.",
    "Run the commands on the server yourself; most need root (administrator) rights, and OpenManager runs none of them. Replace the words in capitals.",
)


def family_of(os: str | None) -> str:
    """The family of an agent's `os` fact ("Ubuntu 24.04.1 LTS"); "linux" where it is not known."""
    low = (os or "").lower()
    return next((family for family, marks in _MARKS.items() if any(one in low for one in marks)), "linux")


def markdown(runbook: Runbook, locale: str, os_family: str = "linux", values: Mapping[str, str] | None = None) -> str:
    """At most `MOST_LETTERS` letters. `values` are live ones by slot (texts.SLOTS); they are escaped, and in commands
    left out where they are not plain words. A family that is none is read as "linux"."""
    shown = _SHOWN.get(os_family, _SHOWN["linux"])
    known = values or {}
    lines = [f"## {_coded(runbook.title.of(locale))}", ""]
    live = filled(runbook.live.of(locale), known) if runbook.live else None
    lines += [f"**{live}**", ""] if live else []
    lines += [f"**{_HEADS['symptom'].of(locale)}** {_coded(runbook.symptom.of(locale))}", ""]
    lines += [f"{_coded(text.of(locale))}\n" for system, text in runbook.notes if system in shown]
    parts = {name: _meant(getattr(runbook, name), shown) for name in ("checks", "fixes", "verify")}
    if any(one.commands for steps in parts.values() for one in steps):
        lines += [_BY_HAND.of(locale), ""]
    for name, steps in parts.items():
        lines += [f"### {_HEADS[name].of(locale)}", ""] if steps else []
        for number, one in enumerate(steps, 1):
            lines += _told(number, one, locale, shown, known)
    lines += [f"### {_HEADS['safety'].of(locale)}", "", *(f"- {_coded(text.of(locale))}" for text in runbook.safety)]
    return "\n".join(lines).strip()


def _meant(steps: Sequence[Step], shown: Sequence[str]) -> list[Step]:
    """The steps that can be taken on these systems: without commands, or with one of theirs."""
    return [one for one in steps if not one.commands or any(each.system in shown for each in one.commands)]


def _told(number: int, one: Step, locale: str, shown: Sequence[str], values: Mapping[str, str]) -> list[str]:
    lines = [f"{number}. {_coded(one.does.of(locale))}", ""]
    for each in one.commands:
        if each.system in shown:
            heading, language = SYSTEMS[each.system]
            lines += [f"{heading}:", "", f"```{language}", command(each.run, values), "```", ""]
    if one.means:
        lines += [f"→ {_coded(one.means.of(locale))}", ""]
    return lines


def _coded(text: str) -> str:
    """Identifiers as code: underscores and stars are no emphasis, and figures in a name are no figures."""
    return _IDENTIFIER.sub(r"`\g<0>`", text)

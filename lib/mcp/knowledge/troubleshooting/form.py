"""What a runbook is: a symptom, checks in their order, fixes, how to see that it worked, and what not to do."""

from __future__ import annotations

from dataclasses import dataclass

from lib.mcp.knowledge.texts import Text

type Said = tuple[str, str]  # Korean, English

# Whose commands there are: (heading, language of the code block).
SYSTEMS: dict[str, tuple[str, str]] = {
    "linux": ("Linux", "sh"),
    "debian": ("Debian, Ubuntu", "sh"),
    "rhel": ("RHEL, Rocky, AlmaLinux", "sh"),
    "windows": ("Windows (PowerShell)", "powershell"),
    "macos": ("macOS", "sh"),
    "postgresql": ("PostgreSQL", "sql"),
    "mysql": ("MySQL 8", "sql"),
    "redis": ("Redis", "sh"),
}


@dataclass(frozen=True, slots=True)
class Command:
    system: str  # of SYSTEMS
    run: str


@dataclass(frozen=True, slots=True)
class Step:
    """`does`: what to do; `means`: how to read what comes. Without commands it holds for every system."""

    does: Text
    means: Text | None = None
    commands: tuple[Command, ...] = ()


@dataclass(frozen=True, slots=True)
class Runbook:
    """`live` is told where the values for its slots are known. `notes` are of one system: (system, text).
    `keywords` are words people use for it, with commas between, beside those of title and symptom."""

    topic: str
    title: Text
    symptom: Text
    checks: tuple[Step, ...]
    fixes: tuple[Step, ...]
    verify: tuple[Step, ...]
    safety: tuple[Text, ...]
    keywords: Text
    metrics: tuple[str, ...] = ()
    related: tuple[str, ...] = ()
    live: Text | None = None
    notes: tuple[tuple[str, Text], ...] = ()


def step(does: Said, means: Said | None = None, **run: str) -> Step:
    """A step with its commands by system: `linux="df -h"`. KeyError for a system that is none."""
    for system in run:
        SYSTEMS[system]
    commands = tuple(Command(system, text.strip("\n")) for system, text in run.items())
    return Step(Text(*does), Text(*means) if means else None, commands)


def texts(*said: Said) -> tuple[Text, ...]:
    return tuple(Text(*one) for one in said)

"""What the knowledge tells is true of what is there: a shell parses each command, PostgreSQL plans each query, and the
levels of the default rules are those of a fresh install."""

from __future__ import annotations

import re
import subprocess

import psycopg
import pytest

from lib.mcp.knowledge.terms import term
from lib.mcp.knowledge.texts import command
from lib.mcp.knowledge.troubleshooting import runbook, topics
from lib.mcp.knowledge.troubleshooting.form import SYSTEMS
from tests.real_stores import Pair

# An extension, and commands that are not planned: they are run by people only.
NOT_PLANNED = re.compile(r"pg_stat_statements|^(?:ALTER SYSTEM|ANALYZE|CREATE INDEX|EXPLAIN|SHOW)\b")


def commands_of(topic: str, language: str) -> list[tuple[str, str]]:
    one = runbook(topic)
    return [
        (each.system, command(each.run, {"port": "8080", "host": "web-1", "mount": "/", "process": "nginx"}))
        for step in (*one.checks, *one.fixes, *one.verify)
        for each in step.commands
        if SYSTEMS[each.system][1] == language
    ]


@pytest.mark.parametrize("topic", topics())
def test_a_shell_can_read_every_command(topic: str) -> None:
    script = "\n".join(run for _, run in commands_of(topic, "sh"))
    done = subprocess.run(["sh", "-n"], input=script, capture_output=True, text=True, timeout=20, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_postgres_can_plan_every_query(stores: Pair) -> None:
    planned = 0
    with psycopg.connect(stores.admin_url) as connection:
        for topic in topics():
            for system, run in commands_of(topic, "sql"):
                if system != "postgresql":
                    continue
                for statement in (one.strip() for one in re.sub(r"--.*", "", run).split(";")):
                    if statement and not NOT_PLANNED.search(statement):
                        connection.execute(f"PREPARE one AS {statement}".encode())
                        connection.execute("DEALLOCATE one")
                        planned += 1
        connection.rollback()
    assert planned >= 12


def test_levels_told_are_those_of_the_default_rules(module_stores: Pair) -> None:
    told_in = {
        "cpu": "high_cpu",
        "memory": "high_memory",
        "disk": "disk_full",
        "inode": "inode_full",
        "load": "high_load",
    }
    bodies = dict(module_stores.rows("select id, body from omv.rule where origin = 'default'"))
    for name, topic in told_in.items():
        usual = term(name).usual
        assert usual is not None
        unit = "" if name == "load" else "%"
        for level in (bodies[name]["warning"], bodies[name]["critical"]):
            for ko in (usual.ko, runbook(topic).symptom.ko):
                assert re.search(rf"(?<![\d.]){level:g}{unit}", ko), (name, level, ko)
            for en in (usual.en, runbook(topic).symptom.en):
                assert re.search(rf"(?<![\d.]){level:g}(?: {unit}| a core| for 15| and)", en), (name, level, en)
        ended = " ".join(step.does.ko for step in runbook(topic).verify)
        assert f"{bodies[name]['recovery']:g}{unit}" in ended, (name, ended)

"""The names of default rules: those that a fresh install has, and the same to the page as to everybody else."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

from lib.domain.rule_names import NAMES, called
from tests.real_stores import Pair

ROOT = Path(__file__).resolve().parents[2]
PAGE = """
const { ruleCalled } = await import('./public/js/rule-names.js');
const asked = JSON.parse(process.argv[1]);
console.log(JSON.stringify(asked.map(([id, name, lang]) => ruleCalled(id, name, lang))));
"""


def test_every_rule_of_a_fresh_install_has_its_names(module_stores: Pair) -> None:
    rows = module_stores.rows("select id, body->>'name' from omv.rule where origin = 'default'")
    assert dict(rows) == {rule: stored for rule, (stored, _) in NAMES.items()}


def test_the_page_calls_them_the_same() -> None:
    node = shutil.which("node")
    assert node is not None
    names = [stored for stored, _ in NAMES.values()]
    asked = [
        (rule, name, language)
        for rule in (*NAMES, "queue", "constructor", "")
        for name in (*names, "constructor", "RAM")
        for language in ("ko", "en")
    ]
    given = [node, "--input-type=module", "-e", PAGE, json.dumps(asked)]
    done = subprocess.run(given, cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)
    assert json.loads(done.stdout) == [called(rule, name, language) for rule, name, language in asked]

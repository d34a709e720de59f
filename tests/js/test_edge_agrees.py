"""The deny list twice, in Python and at the edge: the same verdict over thousands of lists and addresses nobody wrote
down. What people thought of is in tests/fixtures/denied_addresses.json."""

from __future__ import annotations

import ipaddress
import json
import random
import shutil
import subprocess
from pathlib import Path

from flask import Request
from werkzeug.test import EnvironBuilder

from lib.settings import Settings, SettingsError
from lib.web.addresses import is_welcome
from lib.web.client import address_of

ROOT = Path(__file__).resolve().parents[2]
CASES = 2_000
STORES = {"REDIS_URL": "redis://x", "DATABASE_URL": "postgresql://x/x"}
EDGE = """
import { readFileSync } from 'node:fs';
const source = readFileSync('middleware.js', 'utf8');
const { isDenied, networksOf } = await import(`data:text/javascript,${encodeURIComponent(source)}`);
const cases = JSON.parse(readFileSync(0, 'utf8'));
console.log(JSON.stringify(cases.map(([list, address]) => isDenied(address, networksOf(list)))));
"""


def some_address(dice: random.Random) -> str:
    """Near each other, so that they meet; in one of the forms people and proxies write."""
    low = dice.getrandbits(dice.choice([4, 12, 20, 32]))
    form = dice.randrange(7)
    v4 = ipaddress.IPv4Address(0xC0000200 ^ low if dice.random() < 0.8 else low)
    v6 = ipaddress.IPv6Address((0x20010DB8 << 96) ^ (low << dice.choice([0, 60, 64, 80])))
    mapped = f"::ffff:{int(v4) >> 16:x}:{int(v4) & 0xFFFF:x}"
    return [str(v4), str(v6), v6.exploded, str(v6).upper(), f"::ffff:{v4}", mapped, f"::{v4}"][form]


def some_network(dice: random.Random) -> str:
    address = some_address(dice)
    if dice.random() < 0.3:
        return address
    host = ipaddress.ip_address(address)
    prefix = dice.randrange(host.max_prefixlen + 1)
    network = str(ipaddress.ip_network((host, prefix), strict=False))
    if isinstance(host, ipaddress.IPv4Address) and dice.random() < 0.1:
        return f"{network.partition('/')[0]}/{ipaddress.ip_network(network).netmask}"
    return network


def slipped(dice: random.Random, text: str) -> str:
    """With a slip of the pen now and then, or what proxies add."""
    if dice.random() < 0.75:
        return text
    place = dice.randrange(len(text) + 1)
    piece = dice.choice(["", "0", ":", ".", "/", "%eth0", "%", " ", "g", "::", "[", "]", ":443", "-", "1e1", "\t"])
    return text[:place] + piece + text[place + dice.randrange(2) :]


def python_says(deny: str, address: str) -> bool | None:
    """Whether it is denied; None where the hub does not start with such a list."""
    try:
        settings = Settings.from_environment({**STORES, "OPENMANAGER_DENY": deny})
    except SettingsError:
        return None
    request = Request(EnvironBuilder(environ_overrides={"HTTP_X_FORWARDED_FOR": address}).get_environ())
    return not is_welcome(address_of(request, trusted_proxy=True), (), settings.deny)


def test_the_edge_and_the_functions_agree_on_what_nobody_wrote_down() -> None:
    dice = random.Random(20251125)  # the same cases each time
    cases = []
    while len(cases) < CASES:
        parts = [slipped(dice, some_network(dice)) for _ in range(dice.randrange(1, 4))]
        cases.append((dice.choice([",", ", ", " ", "\n"]).join(parts), slipped(dice, some_address(dice))))
    said = [(deny, address, python_says(deny, address)) for deny, address in cases]
    node = shutil.which("node")
    assert node, "this test needs Node (Debian: apt install nodejs)"
    done = subprocess.run(
        [node, "--input-type=module", "-e", EDGE],
        cwd=ROOT, input=json.dumps(cases), capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    edge = json.loads(done.stdout)
    assert [
        (*one, at_the_edge)
        for one, at_the_edge in zip(said, edge, strict=True)
        if one[2] is not None and one[2] is not at_the_edge
    ] == []
    verdicts = [verdict for _, _, verdict in said]
    assert min(verdicts.count(True), verdicts.count(False), verdicts.count(None)) > CASES // 20

"""Our own agent on a machine made of arithmetic: `python -m tests.crash.agent_process NAME HUB KEY_FILE FOLDER`.

Its one reading is a function of the time, so that what is stored can be checked against the time it is stored under.
What it has sampled, that is written to its spool, it notes in FOLDER/ledger: one line a sample.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import signal
import sys
from pathlib import Path
from typing import Any

_AGENT = Path(__file__).resolve().parents[2] / "public" / "agent.py"
EVENT_EVERY = 5


def value_at(at: int) -> float:
    return at * 7919 % 997 / 10


def load() -> Any:
    spec = importlib.util.spec_from_file_location("agent", _AGENT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["agent"] = module
    spec.loader.exec_module(module)
    return module


def main(name: str, hub_url: str, key_file: str, folder: str) -> None:
    agent = load()
    agent.SAMPLE_EVERY = agent.POST_EVERY = 1
    agent.POST_GAP, agent.RESEND_GAP, agent.SLOW_RETRY = 0.05, 1.5, 1.0
    # The pause after a failure stays the agent's own, only a tenth as long.
    agent.Sender._taken = _impatient(agent.Sender._taken)

    class Arithmetic(agent.Machine):  # type: ignore[misc, name-defined]
        def sample(self, moment: float) -> dict[str, Any]:
            return {}

        def processes(self, moment: float) -> list[dict[str, Any]]:
            return []

        def killed_for_memory(self) -> None:
            return None

        def boot_id(self) -> str:
            return "one"

        def facts(self) -> dict[str, Any]:
            return {"cores": 2}

    class Noting(agent.Agent):  # type: ignore[misc, name-defined]
        def tick(self) -> None:
            at = round(self._wall())
            items = [("sample", at, agent._ENCODE({"at": at, "load1": value_at(at)}))]
            if at % EVENT_EVERY == 0:
                items.append(agent.event_item(at, "tick", "tock", f"{name}-{at}"))
            self._spool.add(items)
            if not self._spool.memory:
                ledger.write(f"{at}\n")

    options = argparse.Namespace(name=name, group="", tags={}, log=[], journal=False)
    key = Path(key_file).read_text().strip()
    running = Noting(Arithmetic(), agent.Spool(folder), agent.Hub(hub_url, lambda: key, timeout=3.0), options)
    signal.signal(signal.SIGTERM, running.stop)
    with (Path(folder) / "ledger").open("a", buffering=1) as ledger:
        running.run(warm_up=0.0)


def _impatient(taken: Any) -> Any:
    def sooner(self: Any, reply: Any) -> Any:
        done = taken(self, reply)
        if not done:
            now = self._mono()
            self._not_before = now + (self._not_before - now) / 10
        return done

    return sooner


if __name__ == "__main__":
    os.umask(0o077)
    main(*sys.argv[1:])

"""Ten sweepers in one process, with connections of their own: `python -m tests.crash.sweepers REDIS_URL DATABASE_URL`.

Each line on standard input starts all ten at once; a line with the number of commits answers when all have ended.
"""

from __future__ import annotations

import sys
import threading

from lib import wiring
from lib.domain.errors import DomainError
from lib.settings import Settings
from tests.crash import hurry

TOGETHER = 10


def main(redis_url: str, database_url: str) -> None:
    hurry.product()
    settings = Settings(redis_url=redis_url, database_url=database_url)
    crews = [wiring.build(settings) for _ in range(TOGETHER)]
    for _ in sys.stdin:
        start = threading.Barrier(TOGETHER)
        commits = [0] * TOGETHER

        def sweep(index: int, start: threading.Barrier = start, commits: list[int] = commits) -> None:
            start.wait()
            try:
                commits[index] = crews[index].sweeper.run().commits
            except DomainError:
                commits[index] = 0  # a store was just killed: the next round finds it again

        threads = [threading.Thread(target=sweep, args=(index,)) for index in range(TOGETHER)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        print(sum(commits), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])

"""`make dev` whose clock is set: `python -m tests.crash.shifted_hub SECONDS FAKETIME_LIBRARY`.

Valkey and Postgres are given the time by Debian's libfaketime. It does not understand how Python waits, so `time.time`
and what PyJWT asks are replaced in this process instead, before anything of the product is imported. Nothing else
differs.
"""

from __future__ import annotations

import sys
import time
from datetime import datetime, tzinfo

import jwt.api_jwt


def main(seconds: str, library: str) -> int:
    shift, told = float(seconds), time.time
    time.time = lambda: told() + shift

    class Shifted(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override] # no Shifted is needed
            return datetime.fromtimestamp(time.time(), tz)

    jwt.api_jwt.datetime = Shifted  # type: ignore[attr-defined]
    from lib.local import dev
    from lib.storage.embedded import process

    process.ENVIRONMENT |= {"LD_PRELOAD": library, "FAKETIME": f"{shift:+.0f}s"}
    return dev.main()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

"""`make migrate`: brings the database of DATABASE_URL up to date, be it Supabase's or anybody's."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping

from lib.storage.embedded.migrate import MigrationFault, apply

# Behind a pooler in transaction mode the lock that keeps two migrations apart would not hold: the direct one first.
_NAMES = ("DATABASE_URL", "POSTGRES_URL_NON_POOLING", "POSTGRES_URL")


def main(environment: Mapping[str, str] | None = None) -> int:
    given = os.environ if environment is None else environment
    url = next((text for name in _NAMES if (text := given.get(name, "").strip())), None)
    if url is None:
        print("Say which database: make migrate DATABASE_URL=postgresql://...", file=sys.stderr)
        print("The embedded one needs no command: `make dev` migrates it at every start.", file=sys.stderr)
        return 2
    try:
        applied = apply(url)
    except MigrationFault as error:
        print(f"Not migrated: {error}", file=sys.stderr)
        return 1
    for name in applied:
        print(f"applied {name}")
    print("the database is up to date" if not applied else f"{len(applied)} applied, the database is up to date")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

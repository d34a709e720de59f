"""The whole product on localhost: `make dev`."""

from lib.local.dev import main

if __name__ == "__main__":
    raise SystemExit(main())

"""`make bench-analysis`: how good the analysis is on labelled series, beside its goals and beside simple methods.

python -m tests.bench.analysis [--data FOLDER] [--json] [--only forecast]
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

from tests.bench.analysis import anomalies, causes, forecasts
from tests.bench.analysis.figures import HEADING, Figure, told

SHIPPED = Path(__file__).resolve().parents[2] / "data" / "series"
PARTS: dict[str, Callable[[Path], Iterator[Figure]]] = {
    anomalies.PART: anomalies.figures,
    forecasts.PART: forecasts.figures,
    causes.PART: causes.figures,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench-analysis", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument(
        "--data", type=Path, default=SHIPPED, help="a folder with nab/, smd/, asd/, services/, mscloud/"
    )
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--only", default=",".join(PARTS), help="parts, separated by commas: " + ", ".join(PARTS))
    options = parser.parse_args()
    if unknown := set(options.only.split(",")) - set(PARTS):
        raise SystemExit(f"there is no part {', '.join(sorted(unknown))}; choose of {', '.join(PARTS)}")
    if not options.data.is_dir():
        raise SystemExit(f"{options.data} is no folder")
    everything = []
    for part in options.only.split(","):
        if not options.json:
            print(f"\n{part}\n{HEADING}")
        for figure in PARTS[part](options.data):
            everything.append(figure)
            if not options.json:
                print(told(figure), flush=True)
    if options.json:
        json.dump([asdict(one) | {"verdict": one.verdict} for one in everything], sys.stdout, indent=1)
        print()


if __name__ == "__main__":
    main()

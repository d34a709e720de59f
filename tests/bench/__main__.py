"""`make bench`: what the product costs on this machine, beside the goals. `--json` for a machine to read.

python -m tests.bench [--json] [--only posting,batches,ranges,fleet,asked,analysis,reading,decoding,telling,imports]
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict

from tests.bench import measures
from tests.bench.analysis_cost import detectors
from tests.bench.asked import asked
from tests.bench.decoding import decoding
from tests.bench.meter import Figure, Meter
from tests.bench.reading import reading
from tests.bench.telling import telling
from tests.real_stores import Pair, ServicesFactory, fresh_pair, migrated_template, temporary_stores

PARTS = ("posting", "batches", "ranges", "fleet", "asked", "analysis", "reading", "decoding", "telling", "imports")


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--only", default=",".join(PARTS), help="parts, separated by commas: " + ", ".join(PARTS))
    options = parser.parse_args()
    figures = []
    group = ""
    for figure in measured(options.only.split(",")):
        figures.append(figure)
        if not options.json:
            if figure.group != group:
                group = figure.group
                print(f"\n{group}")
            print(line(figure), flush=True)
    if options.json:
        json.dump([asdict(figure) | {"verdict": figure.verdict} for figure in figures], sys.stdout, indent=1)
        print()


def line(figure: Figure) -> str:
    value = f"{figure.value:,.0f}" if figure.value >= 1_000 else f"{figure.value:.3g}"
    goal = f"goal <= {figure.most:g}".ljust(14) + figure.verdict if figure.most is not None else ""
    return f"  {figure.name:42}{value:>10} {figure.unit:4}{goal}".rstrip()


def measured(parts: list[str]) -> Iterator[Figure]:
    if unknown := set(parts) - set(PARTS):
        raise SystemExit(f"there is no part {', '.join(sorted(unknown))}; choose of {', '.join(PARTS)}")
    if set(parts) - {"analysis", "reading", "decoding", "telling", "imports"}:
        with temporary_stores(as_shipped=True) as embedded:
            assert embedded.valkey is not None
            assert embedded.postgres is not None
            migrated_template(embedded)
            meter = Meter(embedded.valkey.pid or 0, embedded.postgres.pid or 0)

            def on_clean_stores(measure: Callable[..., Iterator[Figure]]) -> Iterator[Figure]:
                with fresh_pair(embedded) as pair:
                    yield from _with_services(pair, meter, measure)

            stored: dict[str, Callable[..., Iterator[Figure]]] = {
                "posting": lambda services, pair: measures.posting(services, pair, meter),
                "batches": lambda services, pair: measures.big_batches(services, meter),
                "ranges": measures.ranges,
                "fleet": lambda services, pair: measures.fleet(services),
                "asked": lambda services, pair: asked(services, pair, meter),
            }
            for part, measure in stored.items():
                if part in parts:
                    yield from on_clean_stores(measure)
    if "analysis" in parts:
        yield from detectors()
    if "reading" in parts:
        yield from reading()
    if "decoding" in parts:
        yield from decoding()
    if "telling" in parts:
        yield from telling()
    if "imports" in parts:
        yield from measures.cold_imports()


def _with_services(pair: Pair, meter: Meter, measure: Callable[..., Iterator[Figure]]) -> Iterator[Figure]:
    factory = ServicesFactory()
    try:
        yield from measure(factory(pair, install=True), pair)
    finally:
        factory.close()


if __name__ == "__main__":
    main()

"""vercel.json as the local server obeys it: which function answers a path, and which headers an answer carries."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Routes:
    """Paths are taken as they came, percent-encoded: so does the platform."""

    functions: frozenset[str]  # `/api/ingest` for api/ingest.py
    rewrites: Sequence[tuple[re.Pattern[str], str]]
    headers: Sequence[tuple[re.Pattern[str], Sequence[tuple[str, str]]]]

    @classmethod
    def read(cls, root: Path) -> Routes:
        config: Mapping[str, Any] = json.loads((root / "vercel.json").read_text(encoding="utf-8"))
        files = (path.relative_to(root) for path in (root / "api").rglob("*.py"))
        # The builder skips names that begin with `_` or `.` without a word, so they are no functions here either.
        functions = frozenset(
            "/" + file.with_suffix("").as_posix()
            for file in files
            if not any(part.startswith(("_", ".")) for part in file.parts)
        )
        return cls(
            functions,
            [(_pattern(one["source"]), one["destination"]) for one in config.get("rewrites", ())],
            [
                (_pattern(one["source"]), [(header["key"], header["value"]) for header in one["headers"]])
                for one in config.get("headers", ())
            ],
        )

    def function_for(self, path: str) -> str | None:
        """The function whose file lies at this path, else the one it is rewritten to, else None."""
        if path in self.functions:
            return path
        for pattern, destination in self.rewrites:
            if pattern.fullmatch(path):
                return destination if destination in self.functions else None
        return None

    def headers_for(self, path: str) -> dict[str, str]:
        """Later rules win, as in production. Names keep the file's spelling."""
        found: dict[str, tuple[str, str]] = {}
        for pattern, headers in self.headers:
            if pattern.fullmatch(path):
                found.update({name.lower(): (name, value) for name, value in headers})
        return dict(found.values())


def _pattern(source: str) -> re.Pattern[str]:
    """The part of path-to-regexp that the file uses: literal text and `(.*)`. Anything else is refused rather than
    understood differently than in production."""
    literal = source.replace("(.*)", "")
    if re.search(r"[()*+?:\[\]{}\\^$|]", literal):
        raise ValueError(f"vercel.json: the local server does not know the pattern {source!r}")
    return re.compile(".*".join(re.escape(part) for part in source.split("(.*)")))

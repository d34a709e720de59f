"""Files of public/ as the platform's CDN serves them: revalidated by ETag, compressed where that helps."""

from __future__ import annotations

import gzip
import hashlib
import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote_to_bytes

CONTENT_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json; charset=utf-8",
    ".webmanifest": "application/manifest+json; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".md": "text/markdown; charset=utf-8",
    ".py": "text/plain; charset=utf-8",
    ".sh": "text/plain; charset=utf-8",
    ".sha256": "text/plain; charset=utf-8",
    ".xml": "application/xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".woff2": "font/woff2",
    ".wasm": "application/wasm",
}
COMPRESSIBLE = ("text/", "application/json", "application/manifest+json", "image/svg+xml", "application/xml")
LEAST_TO_COMPRESS = 1024
REVALIDATE = "public, max-age=0, must-revalidate"  # the platform's own default for static files


@dataclass(frozen=True, slots=True)
class File:
    stamp: tuple[int, int]  # modification time and size: what it was read at
    content_type: str
    plain: bytes
    zipped: bytes | None
    tag: str

    def answer(self, environ: Mapping[str, str]) -> tuple[str, list[tuple[str, str]], bytes]:
        """(status, headers, body) for a GET or HEAD; the body of a HEAD is empty and its length told."""
        zipped = self.zipped if _takes_gzip(environ.get("HTTP_ACCEPT_ENCODING", "")) else None
        tag = f'"{self.tag}-gzip"' if zipped is not None else f'"{self.tag}"'
        headers = [("ETag", tag), ("Cache-Control", REVALIDATE)]
        if self.zipped is not None:
            headers.append(("Vary", "Accept-Encoding"))
        if _has_it(environ.get("HTTP_IF_NONE_MATCH", ""), self.tag):
            return "304 Not Modified", headers, b""
        body = self.plain if zipped is None else zipped
        headers += [("Content-Type", self.content_type), ("Content-Length", str(len(body)))]
        if zipped is not None:
            headers.append(("Content-Encoding", "gzip"))
        return "200 OK", headers, b"" if environ.get("REQUEST_METHOD") == "HEAD" else body


class PublicFiles:
    """Read once and again when they change: who develops a page reloads it often."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory.resolve()
        self._files: dict[Path, File] = {}
        self._lock = threading.Lock()

    def find(self, path: str) -> File | None:
        """The file at this percent-encoded path, or a directory's index.html. None for everything else, above all for
        what lies outside the directory or is hidden."""
        try:
            decoded = os.fsdecode(unquote_to_bytes(path.encode("latin-1")))
            parts = decoded.removeprefix("/").removesuffix("/").split("/") if decoded != "/" else []
            if "\0" in decoded or any(not part or (part[0] == "." and part != ".well-known") for part in parts):
                return None
            file = self._directory.joinpath(*parts).resolve()
            if file.is_dir():
                file /= "index.html"
            elif decoded.endswith("/"):
                return None
            if not file.is_relative_to(self._directory) or not file.is_file():
                return None
            return self._read(file)
        except (OSError, UnicodeError):
            return None  # a name that no file system takes is no file

    def _read(self, file: Path) -> File:
        found = file.stat()
        stamp = (found.st_mtime_ns, found.st_size)
        with self._lock:
            known = self._files.get(file)
        if known is not None and known.stamp == stamp:
            return known
        plain = file.read_bytes()
        content_type = CONTENT_TYPES.get(file.suffix.lower(), "application/octet-stream")
        zipped = None
        if content_type.startswith(COMPRESSIBLE) and len(plain) >= LEAST_TO_COMPRESS:
            zipped = gzip.compress(plain, 6, mtime=0)
        fresh = File(stamp, content_type, plain, zipped, hashlib.sha256(plain).hexdigest()[:32])
        with self._lock:
            self._files[file] = fresh
        return fresh


def _takes_gzip(accepted: str) -> bool:
    for one in accepted.lower().split(","):
        coding, _, parameters = one.partition(";")
        if coding.strip() in {"gzip", "*"}:
            quality = parameters.replace(" ", "").removeprefix("q=")
            return quality.rstrip("0").rstrip(".") not in {"0", ""} if parameters else True
    return False


def _has_it(given: str, tag: str) -> bool:
    """RFC 9110, 13.1.2: weak comparison, and either form counts, the content being the same."""
    held = {one.strip().removeprefix("W/") for one in given.split(",")}
    return "*" in held or bool(held & {f'"{tag}"', f'"{tag}-gzip"'})

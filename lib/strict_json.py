"""The only JSON parser for what comes from outside: strict where others are lax.

Refused are: anything but UTF-8, duplicate keys, NaN and Infinity, numbers beyond a double (1e400), integers of more
than 20 digits, NUL and lone surrogates in text, and nesting deeper than `MAX_DEPTH`.

orjson reads nearly every document. Two things it lets pass that must not: a key that stands twice, and an integer
beyond 64 bits, which it makes a float of. The one shows in the counts of keys and colons, the other in the bytes, and
both are looked for by operations that run in C; a document that looks suspicious, or that orjson refuses, is read by
the standard library with a hook at every pair and number, which also finds the words for a refusal.
"""

from __future__ import annotations

import json
import re
from itertools import chain
from math import isinf
from operator import itemgetter
from typing import Any, NoReturn

import orjson

from lib.domain.errors import BadInput

MAX_DEPTH = 32
MAX_DIGITS = 20
# An escaped NUL or half of a surrogate pair; an even run of backslashes before `u` is no escape.
_SUSPECT = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")
_DIGITS_AS_ZERO = bytes.maketrans(b"123456789E", b"000000000e")
_BRACES_AS_BRACKETS = bytes.maketrans(b"{}", b"[]")
_NESTING = frozenset({dict, list})
_MANY = 6_000  # bytes, from which on it pays to ask whether objects are alike
_NO_BRACKETS = bytes(set(range(256)) - set(b'[]{}"'))
_NO_MARKS = bytes(set(range(256)) - set(b"[{:"))
# A number that may be too large has one of these once its digits are zeros and its plus is gone: 1e400, 1E+400, or very
# many digits.
_LARGE = (b"0e000", b"0" * (MAX_DIGITS + 1))
# And these have integers that may not fit into 64 bits; none of them where there is not the first.
_LONG = b"0" * 19
_LONGER = (b"0" * 20, b"-" + _LONG)


def parse(raw: bytes) -> Any:
    """The document as plain Python values. Raises BadInput saying what is wrong, and where if it can be said."""
    try:
        document = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return _carefully(raw)
    is_regular = len(raw) > _MANY and _is_regular(raw, document)
    if not is_regular and not _is_shallow(raw) and _is_deeper(document, MAX_DEPTH):
        raise _too_deep()
    return document if _is_whole(raw, document, is_regular=is_regular) else _carefully(raw)


def _is_regular(raw: bytes, document: Any) -> bool:
    """True only if no key stood twice and it is at most `MAX_DEPTH` levels deep. Objects that stand side by side mostly
    are alike, so of those the first alone is looked through for what is inside. What is found so is at most what the
    document holds, and signs in texts make what was read look more: where both are the same, all was found."""
    marks = raw.translate(_BRACES_AS_BRACKETS, _NO_MARKS)
    brackets, keys = marks.count(b"["), marks.count(b":")
    level = [[document]]
    try:
        for _ in range(MAX_DEPTH):
            inner: list[list[Any]] = []
            for alike in level:
                (kind,) = {*map(type, alike)}
                if kind is dict:
                    keys -= sum(map(len, alike))
                    names = [name for name, value in alike[0].items() if type(value) in _NESTING]
                    inner += [[*map(itemgetter(name), alike)] for name in names]
                elif kind is list:
                    members = [*chain.from_iterable(alike)]
                    if members and type(members[0]) in _NESTING:
                        inner.append(members)
                else:
                    return False
                brackets -= len(alike)
            if not inner:
                break
            level = inner
    except (KeyError, ValueError):
        return False
    return brackets == keys == 0


def _is_whole(raw: bytes, document: Any, *, is_regular: bool) -> bool:
    """True only if orjson lost nothing of it and no text holds a NUL. Written again it has as many colons, unless a key
    stood twice, for then the first of the two is gone with its colon: one that stood in a text is there both times, if
    it was not written as an escape."""
    if b"\\" in raw and (b"\\u0000" in raw or b"\\u003" in raw):
        return False
    flat = raw.translate(_DIGITS_AS_ZERO)
    if _LONG in flat and any(sign in flat for sign in _LONGER):
        return False
    return is_regular or orjson.dumps(document).count(b":") == raw.count(b":")


def _carefully(raw: bytes) -> Any:
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadInput(f"the body is not UTF-8: byte {error.start} cannot be read") from None
    if text.startswith("\ufeff"):
        raise BadInput("the body begins with a byte order mark; send plain UTF-8")
    if not text.strip():
        raise BadInput("the body is empty; a JSON document is needed")
    if "\0" in text:
        raise BadInput("the body contains a NUL character")
    try:
        document = (_CAREFUL if _may_hold_a_large_number(raw) else _QUICK).decode(text)
    except RecursionError:
        raise _too_deep() from None
    except json.JSONDecodeError as error:
        raise BadInput(f"not JSON: {error.msg} at line {error.lineno}, column {error.colno}") from None
    if not _is_shallow(raw) and _is_deeper(document, MAX_DEPTH):
        raise _too_deep()
    if _SUSPECT.search(text):
        _refuse_bad_text(document)
    return document


def _too_deep() -> BadInput:
    return BadInput(f"the document is nested more than {MAX_DEPTH} levels deep")


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise BadInput(f'the key "{key[:100]}" stands twice in one object')
            seen.add(key)
    return document


def _constant(name: str) -> NoReturn:
    raise BadInput(f"{name} is not a JSON number; leave the value out or send null")


def _float(digits: str) -> float:
    value = float(digits)
    if isinf(value):
        raise BadInput(f"the number {digits[:40]} is larger than a number can be")
    return value


def _int(digits: str) -> int:
    if len(digits.lstrip("-")) > MAX_DIGITS:
        raise BadInput(f"the number {digits[:40]} has more than {MAX_DIGITS} digits")
    return int(digits)


_QUICK = json.JSONDecoder(object_pairs_hook=_pairs, parse_constant=_constant)
_CAREFUL = json.JSONDecoder(object_pairs_hook=_pairs, parse_float=_float, parse_int=_int, parse_constant=_constant)


def _may_hold_a_large_number(raw: bytes) -> bool:
    flat = raw.translate(_DIGITS_AS_ZERO, b"+")
    return any(sign in flat for sign in _LARGE)


def _is_shallow(raw: bytes) -> bool:
    """True only if no bracket stands inside a string (it would leave a quote behind) and the brackets vanish within
    `MAX_DEPTH` rounds of removing empty pairs, a level each; False where only a closer look can tell."""
    if b"\\" in raw:
        return False
    brackets = raw.translate(_BRACES_AS_BRACKETS, _NO_BRACKETS).replace(b'""', b"")
    for _ in range(MAX_DEPTH):
        fewer = brackets.replace(b"[]", b"")
        if len(fewer) == len(brackets):
            break  # nothing is left, or nothing that is empty: brackets in strings
        brackets = fewer
    return not brackets


def _is_deeper(document: Any, most: int) -> bool:
    """A level a round, and not by recursion: it may be a thousand deep."""
    level = [document] if type(document) in _NESTING else []
    for _ in range(most):
        level = [
            inner
            for one in level
            for inner in (one.values() if type(one) is dict else one)
            if type(inner) in _NESTING
        ]  # fmt: skip
        if not level:
            return False
    return True


def _refuse_bad_text(document: Any) -> None:
    """Walks a document whose text holds a suspicious escape; rare, so its cost does not matter."""
    waiting = [document]
    while waiting:
        value = waiting.pop()
        if isinstance(value, str):
            if "\0" in value:
                raise BadInput("a text contains a NUL character")
            if any("\ud800" <= character <= "\udfff" for character in value):
                raise BadInput("a text contains half of a surrogate pair, which is no character")
        elif isinstance(value, dict):
            waiting += value.keys()
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value

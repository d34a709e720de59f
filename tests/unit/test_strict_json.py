"""The strict parser: where it accepts, it agrees with the standard library; what is nasty it refuses, in good time."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lib.domain.errors import BadInput
from lib.strict_json import MAX_DEPTH, parse
from lib.web.handler import MAX_BYTES
from tests.growth import LINEAR, growth

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(10**19), 10**19)
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts
    | st.sampled_from(["[", "]", "{", "}", '"', "\\", '\\"', "[]", "{}", '"[', "\\u0000", "\\ud800", "😀"])
)
documents = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=5) | st.dictionaries(texts, inner, max_size=5), max_leaves=30
)
json_like = st.text(st.sampled_from('[]{}",:\\u0dDcC89aA1eE+-.tfn \ud800\udc00'), max_size=24)


def depth(value: Any) -> int:
    if isinstance(value, dict):
        return 1 + max(map(depth, value.values()), default=0)
    return 1 + max(map(depth, value), default=0) if isinstance(value, list) else 0


@given(documents, st.booleans(), st.sampled_from([None, 1]))
def test_every_proper_document_is_read_as_it_was_written(document: Any, escaped: bool, indent: int | None) -> None:
    written = json.dumps(document, ensure_ascii=escaped, indent=indent)
    assert parse(written.encode()) == document


@given(json_like)
@example('["\\udc00"]')
@example('["\\\\u0000"]')
@example('{"a":1,"\\u0061":2}')
def test_what_is_accepted_is_what_the_standard_library_reads(text: str) -> None:
    raw = text.encode("utf-8", "surrogatepass")
    try:
        found = parse(raw)
    except BadInput:
        return
    assert found == json.loads(raw)
    json.dumps(found, ensure_ascii=False, allow_nan=False).encode()  # finite, and every text can be written


@given(st.binary(max_size=40))
def test_no_bytes_break_the_parser(raw: bytes) -> None:
    try:
        parse(raw)
    except BadInput:
        return


@given(st.lists(st.sampled_from("[{"), min_size=1, max_size=80), st.sampled_from(["1", '"["', '"\\n"', '"]}"', ""]))
def test_the_depth_is_counted_exactly(opening: list[str], inner: str) -> None:
    ends = {"[": ("[", "]"), "{": ('{"a":', "}")}
    if not inner and opening[-1] == "{":
        inner = "0"
    text = "".join(ends[one][0] for one in opening) + inner + "".join(ends[one][1] for one in reversed(opening))
    if len(opening) <= MAX_DEPTH:
        assert depth(parse(text.encode())) == len(opening)
    else:
        with pytest.raises(BadInput, match="deep"):
            parse(text.encode())


# Objects as lists of pairs, for a key may stand twice; few names and values, so that many are alike.
pairs = st.recursive(
    st.sampled_from(["1", '"x"', '":"', '"{["']),
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda those: f"[{','.join(those)}]")
        | st.lists(st.tuples(st.sampled_from("aabc:"), inner), max_size=3).map(
            lambda those: "{" + ",".join(f'"{key}":{value}' for key, value in those) + "}"
        )
    ),
    max_leaves=12,
)


def strictly(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) < len(pairs):
        raise ValueError
    return dict(pairs)


@given(st.lists(pairs, min_size=1, max_size=3), st.integers(1, 400), pairs, st.integers(0, 33))
@example(['{"a":1}'], 1_000, '{"a":1,"a":2}', 0)
@example(['{"a":{"b":[1]}}'], 800, '{"a":{"b":[2],"b":1}}', 0)
@example(['{"a":[]}'], 1_000, '{"a":{}}', 0)
@example(['{"a":1,"b":{}}'], 1_000, '{"a":1,"b":{"a":1}}', 0)
@example(["[1]"], 2_000, "[[1]]", 30)
@example(["[]"], 3_000, "{}", 31)
def test_of_many_that_are_alike_each_is_held_to_the_rules(
    alike: list[str], often: int, other: str, levels: int
) -> None:
    text = "[" * levels + "[" + (",".join(alike) + ",") * often + other + "]" + "]" * levels
    try:
        document = json.loads(text, object_pairs_hook=strictly)
    except ValueError:
        with pytest.raises(BadInput, match=r"twice|deep"):
            parse(text.encode())
        return
    if depth(document) > MAX_DEPTH:
        with pytest.raises(BadInput, match="deep"):
            parse(text.encode())
    else:
        assert parse(text.encode()) == document


NASTY = {
    "nothing": b"",
    "white space": b" \n",
    "byte order mark": b"\xef\xbb\xbf{}",
    "UTF-16": '{"a":1}'.encode("utf-16"),
    "Latin-1": b'{"a":"\xe9"}',
    "overlong": b'{"a":"\xc0\xaf"}',
    "surrogate in UTF-8": b'"\xed\xa0\x80"',
    "NaN": b'{"cpu":NaN}',
    "Infinity": b"[Infinity]",
    "minus Infinity": b"[-Infinity]",
    "1e400": b"[1e400]",
    "1E+400": b"[1E+400]",
    "-1e999999": b"[-1e999999]",
    "1e0000400": b"[1e0000400]",
    "400 digits": b"[" + b"9" * 400 + b"]",
    "5000 digits": b"[" + b"9" * 5_000 + b"]",
    "400 digits and a point": b"[" + b"9" * 400 + b".0]",
    "21 digits": b"[100000000000000000000]",
    "minus 21 digits": b"[-100000000000000000000]",
    "duplicate key": b'{"a":1,"a":2}',
    "duplicate key, escaped": b'{"a":1,"\\u0061":2}',
    "duplicate key of half a character": b'{"\\ud800":1,"\\ud800":2}',
    "duplicate key deep inside": b'[{"a":[{"b":1,"b":1}]}]',
    "duplicate key beside a colon in a text": b'{"a":1,"a":2,"b":"x:y"}',
    "duplicate key beside two that look like one": b'{"a":1,"a":2,"b":"\\":"}',
    "duplicate key beside an escaped colon": b'{"a":1,"a":2,"b":"\\u003a"}',
    "duplicate key beside an escaped colon in capitals": b'{"a":1,"a":2,"\\u003A":3}',
    "duplicate key whose first value holds colons": b'{"a":":::","a":2}',
    "duplicate key beside a broken line": b'{"a":1,"a":"\\n:"}',
    "duplicate key, spaced": b'{"a" :1,"a" :2}',
    "duplicate key, spaced once": b'{"a" :1,"a":2}',
    "duplicate key, a line apart once": b'{"a"\t:1,"a":2,"b"\n:3,"b"\r:4}',
    "duplicate key on lines of its own": b'{"a"\n:1,"a"\r\n:2,"b:":"c:"}',
    "NUL": b'["\0"]',
    "escaped NUL": b'["\\u0000"]',
    "escaped NUL in a key": b'{"\\u0000":1}',
    "high surrogate": b'["\\ud800"]',
    "low surrogate": b'["\\udc00"]',
    "low surrogate in capitals": b'["\\uDFFF"]',
    "surrogates the wrong way round": b'["\\udc00\\ud800"]',
    "surrogate in a key": b'[{"a":{"\\udbff":1}}]',
    "control character": b'["\n"]',
    "trailing comma": b"[1,]",
    "comment": b"[1] // yes",
    "two documents": b"{} {}",
    "single quotes": b"{'a':1}",
    "hexadecimal": b"[0x10]",
    "leading zero": b"[01]",
    "open": b'{"a":[',
    "100 000 brackets": b"[" * 100_000,
    "100 000 brackets after a string": b'["\\n",' + b"[" * 100_000,
    "500 closed brackets": b"[" * 500 + b"]" * 500,
    "25 pairs of both kinds": b'{"a":[' * 25 + b"1" + b"]}" * 25,
}


@pytest.mark.parametrize("name", NASTY)
def test_what_is_nasty_is_refused_with_words(name: str) -> None:
    with pytest.raises(BadInput) as refusal:
        parse(NASTY[name])
    assert 5 < len(refusal.value.detail) < 300


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (b"[1e308,1e-400,-0.0]", [1e308, 0.0, -0.0]),
        (b"[-12345678901234567890, 1e100]", [-12345678901234567890, 1e100]),
        (b"[18446744073709551615, 18446744073709551616]", [2**64 - 1, 2**64]),
        (b"[-9223372036854775808, -9223372036854775809]", [-(2**63), -(2**63) - 1]),
        (b'{"a":"\\u003a","b":"::","\\u003A" : "\\n:"}', {"a": ":", "b": "::", ":": "\n:"}),
        (b'["\\ud83d\\ude00"]', ["\U0001f600"]),
        (b'["\\\\u0000 \\\\ud800"]', ["\\u0000 \\ud800"]),
        (b'"1e400"', "1e400"),
        (b'["' + b"0" * 30 + b'"]', ["0" * 30]),
        (b"0", 0),
    ],
)
def test_what_only_looks_nasty_passes(raw: bytes, value: Any) -> None:
    assert parse(raw) == value


def test_it_says_where() -> None:
    with pytest.raises(BadInput, match="line 2, column 3"):
        parse(b"[\n1 2]")


@pytest.mark.parametrize(
    ("start", "often", "end"),
    [
        (b'["', b"\\n", b'"]'),
        (b'["\\n', b"x", b'"]'),
        (b'["', b"[", b'"]'),
        (b'["', b'[","', b'"]'),
        (b"[", b"[],", b"[]]"),
        (b'["', b"\\ud83d\\ude00", b'"]'),
    ],
    ids=["escapes", "one long text", "brackets in a text", "brackets in many texts", "many brackets", "many pairs"],
)
def test_twice_as_much_of_anything_takes_twice_as_long(start: bytes, often: bytes, end: bytes) -> None:
    assert growth(lambda size: parse(start + often * (size // len(often)) + end), 800_000) < LINEAR


def test_the_limits_are_those_of_the_paper() -> None:
    assert MAX_DEPTH == 32
    assert MAX_BYTES == 4_000_000  # the platform cuts off at 4.5 MB

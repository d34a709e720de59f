"""The series of Prometheus' remote_write, read from their bytes: a series is the same bytes in every request but for
its value and time, so what becomes of it is found out once and looked up by those bytes.

And it mostly follows the same series as the last time, so that comparing is enough, and nothing need be looked up.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from struct import Struct

from lib.domain.errors import TooLarge
from lib.monitoring.collectors.exporters import Origin, Target, note, origin_of, target_of
from lib.monitoring.collectors.gathering import Gathered
from lib.monitoring.collectors.protobuf_wire import fields, skipped, varint
from lib.monitoring.collectors.remembered import Remembered

_ONE, _TWO = 0x0A, 0x2A  # the tag of a series in version 1 and in version 2
_SYMBOL = 0x22
_VALUE = b"\x12\x10\x09"  # a sample of 16 bytes: a double, and a time of six bytes behind its tag
_ZERO = b"\x12\x07"  # the same with a value of 0, which is not written
_TIME = 0x10
_valued = Struct("<d7s").unpack_from

MOST_PIECES = 500_000  # of a request, that must be read whole: series, labels, samples
MOST_LABEL = 20_000  # bytes
type Sample = tuple[float, int]  # value, milliseconds


@dataclass(slots=True, eq=False)
class _Series:
    """One that has one sample: `head` are the bytes in front of its value, or of its time where the value is 0, and
    `tail` those behind. What they say holds for a request with the same `symbols` (of version 1: none) only."""

    head: bytes
    width: int  # of the head
    tail: bytes
    is_zero: bool
    target: Target
    origin: Origin
    next: _Series | None = None  # what followed it the last time


def _unlink(series: _Series) -> None:
    series.next = None  # else one that is known would keep alive all that ever followed


_known: Remembered[bytes, _Series] = Remembered(dropped=_unlink)


def read_one(body: bytes, gathered: Gathered) -> int:
    """prometheus.WriteRequest; how many samples it has. Raises IndexError, ValueError or struct.error."""
    return _Reader(body, gathered, _ONE).read(0)


def read_two(body: bytes, gathered: Gathered) -> int:
    """io.prometheus.write.v2.Request, likewise."""
    start, at, end = -1, 0, len(body)
    symbols: list[str] = []
    while at < end and body[at] != _TWO:  # fields are written in the order of their numbers
        size, place = varint(body, at + 1) if body[at] == _SYMBOL else (0, 0)
        if place:
            start = at if start < 0 else start
            if place + size > end:
                raise ValueError
            symbols.append(body[place : place + size].decode())
            if len(symbols) > MOST_PIECES:
                raise _too_many()
            at = place + size
        else:
            at = skipped(body, at)
    context = blake2b(body[max(start, 0) : at], digest_size=16).digest()
    return _Reader(body, gathered, _TWO, symbols, context).read(at)


class _Reader:
    """Reads the series of one request. `symbols` are version 2's texts, and `context` what stands for them."""

    def __init__(
        self, body: bytes, gathered: Gathered, tag: int, symbols: list[str] | None = None, context: bytes = b""
    ) -> None:
        self._body, self._gathered, self._tag, self._context = body, gathered, tag, context
        self._symbols = symbols
        self._pieces = 0
        self._pairs: dict[bytes, tuple[str, str]] = {}  # labels, by their bytes: those of a request have many in common
        self._admitted: dict[Origin, bool] = {}
        self._moments: dict[bytes, float] = {}

    def read(self, at: int) -> int:
        body, end, count = self._body, len(self._body), 0
        starts_with, keep, moments = body.startswith, self._gathered.keep, self._moments
        last: _Series | None = None
        expected: _Series | None = None
        origin: Origin | None = None
        is_admitted = False
        while at < end:
            begin = at
            if expected is not None and starts_with(expected.head, at):
                series = expected
            else:
                found = self._met(at)
                if found is not None and last is not None:
                    last.next = found
                if found is None:
                    at, samples, last = self._slowly(begin, last)
                    count += samples
                    expected = last.next if last is not None else None
                    continue
                series = found
            at += series.width
            if series.is_zero:
                value, stamp = 0.0, body[at : at + 7]
                at += 7
            else:
                value, stamp = _valued(body, at)
                at += 15
            moment = moments.get(stamp)
            if moment is None:
                moment = self._moment(stamp)
            if moment is None or (series.tail and not starts_with(series.tail, at)):
                at, samples, last = self._slowly(begin, None)
                count += samples
                expected = None
                continue
            at += len(series.tail)
            if series.origin is not origin:
                origin = series.origin
                is_admitted = self._is_admitted(origin)
            if is_admitted:
                keep(series.target, moment, value)
            count += 1
            last, expected = series, series.next
        return count

    def _moment(self, stamp: bytes) -> float | None:
        """Seconds; None where it is no time of six bytes."""
        if len(stamp) != 7 or stamp[0] != _TIME or stamp[6] > 127 or min(stamp[1:6]) < 128:
            return None
        moment = self._moments[stamp] = varint(stamp, 1)[0] / 1_000
        return moment

    def _is_admitted(self, origin: Origin) -> bool:
        """Whether its server has a place in this request; then it is noted what the series say of it."""
        known = self._admitted.get(origin)
        if known is None:
            server = self._gathered.server(origin.server)
            known = self._admitted[origin] = server is not None
            if server is not None:
                note(origin, server, self._gathered)
        return known

    def _met(self, at: int) -> _Series | None:
        """The series that begins here, where it is known."""
        body = self._body
        if body[at] != self._tag:
            return None
        size, begin = varint(body, at + 1)
        last = begin + size
        if self._tag == _TWO:  # the references stand in front of the sample, and metadata behind it
            if size < 2 or body[begin] != 0x0A or body[begin + 1] > 127:
                return None
            mark = begin + 2 + body[begin + 1]
            if mark + 2 > last:  # there is no sample
                return None
            width = mark + (3 if body[mark + 1] == _VALUE[1] else 2)
            return _known.get(self._context + body[at:width])
        return _known.get(body[at : last - 15]) or _known.get(body[at : last - 7])

    def _slowly(self, at: int, last: _Series | None) -> tuple[int, int, _Series | None]:
        """(place behind, samples, the series if it is one to remember) of what begins here, read whole."""
        body = self._body
        self._count()
        if body[at] != self._tag:  # metadata, or what a later version adds
            if body[at] == _SYMBOL and self._tag == _TWO:
                raise ValueError
            return skipped(body, at), 0, last
        size, begin = varint(body, at + 1)
        end = begin + size
        if end > len(body):
            raise ValueError
        labels, samples, place = self._parts(body[begin:end])
        origin = origin_of(labels)
        count = len(samples)
        server = self._gathered.server(origin.server)
        if server is not None and not count:  # a native histogram
            self._gathered.unmapped(server, labels.get("__name__", ""))
        if server is None or not count:
            return end, count, None
        target = target_of(labels, server)
        self._is_admitted(origin)
        for value, milliseconds in samples:
            self._gathered.keep(target, milliseconds / 1_000, value)
        if count > 1:
            return end, count, None
        return end, 1, self._noted(at, begin + place, end, target, origin, last)

    def _noted(
        self, at: int, sample: int, end: int, target: Target, origin: Origin, last: _Series | None
    ) -> _Series | None:
        """Remembers a series whose one sample begins at `sample`, where it is written as nearly all are."""
        body = self._body
        is_zero = body[sample : sample + 2] == _ZERO
        width = sample + (2 if is_zero else 3)
        behind = width + (7 if is_zero else 15)
        if (not is_zero and body[sample:width] != _VALUE) or behind > end:
            return None
        if self._moment(body[behind - 7 : behind]) is None or (self._tag == _ONE and behind != end):
            return None
        series = _Series(body[at:width], width - at, body[behind:end], is_zero, target, origin)
        _known.put(self._context + series.head, series, series.width + len(series.tail))
        if last is not None:
            last.next = series
        return series

    def _parts(self, data: bytes) -> tuple[dict[str, str], list[Sample], int]:
        """(labels, samples, the place of the last sample) of a series."""
        labels: dict[str, str] = {}
        samples: list[Sample] = []
        pairs = self._pairs
        at = place = 0
        while at < len(data):
            self._count()
            tag = data[at]
            if tag not in {10, 18}:
                at = skipped(data, at)
                continue
            size, begin = varint(data, at + 1)
            end = begin + size
            if end > len(data):
                raise ValueError
            if tag == 18:
                samples.append(_sample(data[begin:end]))
                place = at
            elif self._symbols is None:
                name, value = pairs.get(data[begin:end]) or self._pair(data[begin:end])
                labels[name] = value
            else:
                labels |= self._referred(data[begin:end])
            at = end
        return labels, samples, place

    def _count(self) -> None:
        self._pieces += 1
        if self._pieces > MOST_PIECES:
            raise _too_many()

    def _pair(self, data: bytes) -> tuple[str, str]:
        pair = self._pairs[data] = _label(data)
        return pair

    def _referred(self, data: bytes) -> dict[str, str]:
        symbols, refs, at = self._symbols or [], [], 0
        while at < len(data):
            ref, at = varint(data, at)
            refs.append(symbols[ref])
        if len(refs) % 2:
            raise ValueError
        return dict(zip(refs[::2], refs[1::2], strict=True))


def _too_many() -> TooLarge:
    return TooLarge("more series and labels than one request may bring; lower max_samples_per_send")


def _label(data: bytes) -> tuple[str, str]:
    if len(data) > MOST_LABEL:
        raise ValueError
    # Name and value, both short, as nearly all are.
    if data[:1] == b"\x0a" and data[1] < 128 and data[2 + data[1] : 3 + data[1]] == b"\x12":
        middle = 2 + data[1]
        if data[middle + 1] < 128 and middle + 2 + data[middle + 1] == len(data):
            return data[2:middle].decode(), data[middle + 2 :].decode()
    found = {1: "", 2: ""}
    for field, value in fields(data):
        if field in found and isinstance(value, bytes):
            found[field] = value.decode()
    return found[1], found[2]


def _sample(data: bytes) -> Sample:
    if len(data) > MOST_LABEL:
        raise ValueError
    value, milliseconds = 0.0, 0
    for field, read_value in fields(data):
        if field == 1 and isinstance(read_value, float):
            value = read_value
        elif field == 2 and isinstance(read_value, int):
            milliseconds = read_value
    return value, milliseconds

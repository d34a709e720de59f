"""Prometheus' remote_write, 1.0 and 2.0: from Prometheus, Alloy, Vector, Fluent Bit and whoever speaks it.

Wire: prometheus.io/docs/specs/prw/remote_write_spec (1.0: snappy block of prometheus.WriteRequest) and
remote_write_spec_2_0 (io.prometheus.write.v2.Request). Read by hand, for a series is the same bytes in every request
but for its sample: what becomes of it is decided once and looked up by those bytes.
"""

from __future__ import annotations

import math
from struct import error as StructError
from struct import unpack_from

from lib.domain.errors import BadInput, TooLarge, Unsupported
from lib.monitoring.collectors.exporters import Target, note_facts, target_of
from lib.monitoring.collectors.gathering import Gathered
from lib.monitoring.collectors.protobuf_wire import fields, skipped, varint
from lib.monitoring.collectors.protocols import Incoming, Protocol, Reply
from lib.monitoring.collectors.server_stats import Batch

MOST_BYTES = 16_000_000  # of a request, once it is unpacked
MOST_KEPT = 20_000  # series whose target is remembered
V2 = "io.prometheus.write.v2.Request"
_SAMPLE = b"\x12\x10\x09"  # field 2, 16 bytes: a double, and a time of six bytes
_ZERO = b"\x12\x07\x10"  # the same with a value of 0, which is not written

type Sample = tuple[float, int]  # value, milliseconds


def read(request: Incoming) -> Batch | Reply:
    version = _version(request)
    body = _unpacked(request.body)
    gathered = Gathered("prometheus", request.now)
    try:
        samples = _read_two(body, gathered) if version == 2 else _read_one(body, gathered)
    except (IndexError, ValueError, StructError) as error:
        raise BadInput("the body is no WriteRequest: it ends in the middle or has another form") from error
    if not samples:  # metadata alone
        return Reply(204, headers=_written(version, 0))
    return gathered.done()


def answer(request: Incoming, batch: Batch) -> Reply:
    return Reply(204, headers=_written(_version(request), batch.accepted))


def _written(version: int, samples: int) -> dict[str, str]:
    if version == 1:
        return {}
    kinds = {"Samples": samples, "Histograms": 0, "Exemplars": 0}
    return {f"X-Prometheus-Remote-Write-{kind}-Written": str(count) for kind, count in kinds.items()}


def _version(request: Incoming) -> int:
    if request.media_type not in {"application/x-protobuf", ""}:
        raise Unsupported("send Content-Type: application/x-protobuf")
    for part in request.headers.get("content-type", "").split(";")[1:]:
        name, _, value = part.strip().partition("=")
        if name == "proto":
            if value == V2:
                return 2
            if value != "prometheus.WriteRequest":
                raise Unsupported(f"this hub reads prometheus.WriteRequest and {V2}")
    return 1


def _unpacked(body: bytes) -> bytes:
    """The snappy block, unpacked; its length stands in front."""
    import cramjam

    try:
        size, _ = varint(body, 0)
        if size > MOST_BYTES:
            raise TooLarge(f"at most {MOST_BYTES // 1_000_000} MB once unpacked; lower max_samples_per_send")
        return bytes(cramjam.snappy.decompress_raw(body))
    except (IndexError, cramjam.DecompressionError):
        raise BadInput("the body is no snappy block") from None


def _read_one(body: bytes, gathered: Gathered) -> int:
    at, end, count = 0, len(body), 0
    times: dict[bytes, float] = {}
    here: dict[bytes, Target] = {}  # those of this request, whose servers have their place in it
    keep = gathered.keep
    while at < end:
        if body[at] != 10:  # no series: metadata, or what a later version adds
            at = skipped(body, at)
            continue
        size = body[at + 1]
        if size < 128:
            at += 2
        elif body[at + 2] < 128:
            size, at = size & 127 | body[at + 2] << 7, at + 3
        else:
            size, at = varint(body, at + 1)
        last = at + size
        if last > end:
            raise ValueError
        # One sample at the end, as nearly all are written: nothing but its number and time need be read.
        if body[last - 18 : last - 15] == _SAMPLE and body[last - 7] == 16:
            head, value = body[at : last - 18], unpack_from("<d", body, last - 15)[0]
        elif body[last - 9 : last - 6] == _ZERO:
            head, value = body[at : last - 9], 0.0
        else:
            head, value = b"", 0.0
        target = here.get(head) or _remembered(head, gathered, here)
        if target is None:
            count += _slowly(body[at:last], gathered, here)
        else:
            stamp = body[last - 6 : last]
            moment = times.get(stamp)
            if moment is None:
                moment = times[stamp] = varint(stamp, 0)[0] / 1_000
            keep(target, moment, value)
            count += 1
        at = last
    return count


_known: dict[bytes, Target] = {}  # of every request of this process, by the bytes of the labels


def _remembered(head: bytes, gathered: Gathered, here: dict[bytes, Target]) -> Target | None:
    """What an earlier request's series of these labels was, with its server's place in this one."""
    target = _known.get(head)
    if target is None or gathered.server(target.server) is None:
        return None
    here[head] = target
    return target


def _slowly(series: bytes, gathered: Gathered, here: dict[bytes, Target]) -> int:
    """A series that is new: read whole."""
    labels, samples, width = _series(series)
    target = _target(labels, gathered)
    if target is None:
        return len(samples)
    if len(_known) >= MOST_KEPT:
        _known.clear()
    here[series[:width]] = _known[series[:width]] = target
    for value, milliseconds in samples:
        gathered.keep(target, milliseconds / 1_000, value)
    return len(samples)


def _target(labels: dict[str, str], gathered: Gathered) -> Target | None:
    found = target_of(labels, gathered)
    if found is not None:
        note_facts(labels, found.server, gathered)
    return found


def _series(data: bytes) -> tuple[dict[str, str], list[Sample], int]:
    """(labels, samples, how many bytes the labels take)."""
    labels: dict[str, str] = {}
    samples: list[Sample] = []
    at = width = 0
    while at < len(data):
        tag = data[at]
        if tag == 10:
            size, at = varint(data, at + 1)
            labels.update([_label(data[at : at + size])])
            at += size
            width = at
        elif tag == 18:
            size, at = varint(data, at + 1)
            samples.append(_sample(data[at : at + size]))
            at += size
        else:
            at = skipped(data, at)
    return labels, samples, width


def _label(data: bytes) -> tuple[str, str]:
    found = {1: "", 2: ""}
    for field, value in fields(data):
        if field in found and isinstance(value, bytes):
            found[field] = value.decode()
    return found[1], found[2]


def _sample(data: bytes) -> Sample:
    value, milliseconds = 0.0, 0
    for field, read_value in fields(data):
        if field == 1 and isinstance(read_value, float):
            value = read_value
        elif field == 2 and isinstance(read_value, int):
            milliseconds = read_value
    return value, milliseconds


def _read_two(body: bytes, gathered: Gathered) -> int:
    symbols: list[str] = []
    series: list[bytes] = []
    for field, value in fields(body):
        if field == 4 and isinstance(value, bytes):
            symbols.append(value.decode())
        elif field == 5 and isinstance(value, bytes):
            series.append(value)
    count = 0
    for data in series:
        refs: list[int] = []
        samples: list[Sample] = []
        for field, value in fields(data):
            if field == 1 and isinstance(value, bytes):
                place = 0
                while place < len(value):
                    ref, place = varint(value, place)
                    refs.append(ref)
            elif field == 2 and isinstance(value, bytes):
                samples.append(_sample(value))
        if len(refs) % 2:
            raise ValueError
        labels = {symbols[refs[place]]: symbols[refs[place + 1]] for place in range(0, len(refs), 2)}
        target = _target(labels, gathered)
        for number, milliseconds in samples:
            if target is not None and math.isfinite(number):
                gathered.keep(target, milliseconds / 1_000, number)
        count += len(samples)
    return count


PROTOCOL = Protocol("prometheus", read, answer)

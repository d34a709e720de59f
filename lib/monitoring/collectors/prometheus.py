"""Prometheus' remote_write, 1.0 and 2.0: from Prometheus, Alloy, Vector, Fluent Bit and whoever speaks it.

Wire: prometheus.io/docs/specs/prw/remote_write_spec (1.0: snappy block of prometheus.WriteRequest) and
remote_write_spec_2_0 (io.prometheus.write.v2.Request). Its messages are read by remote_write.py.
"""

from __future__ import annotations

from struct import error as StructError

from lib.domain.errors import BadInput, TooLarge, Unsupported
from lib.monitoring.collectors.gathering import Gathered
from lib.monitoring.collectors.netdata import REMOTE_WRITE, read_remote_write
from lib.monitoring.collectors.protobuf_wire import varint
from lib.monitoring.collectors.protocols import Incoming, Protocol, Reply
from lib.monitoring.collectors.remote_write import read_one, read_two
from lib.monitoring.collectors.server_stats import Batch

MOST_BYTES = 16_000_000  # of a request, once it is unpacked
V2 = "io.prometheus.write.v2.Request"


def read(request: Incoming) -> Batch | Reply:
    version = _version(request)
    body = _unpacked(request.body)
    # Sums that a recording rule makes, and addresses that are probed, are of no machine.
    gathered = Gathered("prometheus", request.now, of_machines_only=False)
    try:
        # Prometheus says who it is, and may have scraped a Netdata among others.
        if version == 1 and "user-agent" not in request.headers and REMOTE_WRITE in body[:200]:
            samples = read_remote_write(body, gathered)
        else:
            samples = read_two(body, gathered) if version == 2 else read_one(body, gathered)
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
    except (IndexError, ValueError, cramjam.DecompressionError):
        raise BadInput("the body is no snappy block") from None


PROTOCOL = Protocol("prometheus", read, answer, partly_told=True)

"""OTLP over HTTP: metrics of the OpenTelemetry Collector, the SDKs and Grafana Alloy, in protobuf and JSON.

Answers as opentelemetry.io/docs/specs/otlp asks: 200 in the request's own encoding, with `partialSuccess` where some
was refused; the rest of the hub's refusals become a google.rpc.Status (see api/ingest.py).
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import replace

from lib import strict_json
from lib.domain.components import COUNTERS, base_of
from lib.domain.errors import BadInput, TooLarge
from lib.monitoring.collectors.gathering import Gathered
from lib.monitoring.collectors.hostmetrics import Aim, aim_at, facts_of, server_of, tags_of
from lib.monitoring.collectors.otlp_answers import JSON, accepted, encoding_of, refused
from lib.monitoring.collectors.otlp_pieces import Pieces
from lib.monitoring.collectors.otlp_wire import DELTA, MALFORMED, Attributes, Group, Metric, read_json, read_protobuf
from lib.monitoring.collectors.protocols import Incoming, Protocol, Reply
from lib.monitoring.collectors.remembered import ENTRY, MOST_BYTES, MOST_KEY
from lib.monitoring.collectors.server_stats import Batch

MOST_POINTS = 50_000  # of a request

# What became of each series, of every request of this process: (server, service, metric, ...) -> labels -> aim.
_known: dict[tuple[object, ...], dict[Hashable, Aim]] = {}
_bytes = 0  # that it holds, about


def read(request: Incoming) -> Batch | Reply:
    gathered = Gathered("otlp", request.now)
    try:
        _gather(gathered, groups_of(request))
    except MALFORMED as error:
        raise BadInput("the body is no ExportMetricsServiceRequest") from error
    batch = gathered.done()
    # A request of which nothing is kept is answered all the same: it is not to be sent again.
    return batch if any(share.holds for share in batch.shares) else replace(answer(request, batch), of=batch)


def groups_of(request: Incoming) -> Iterable[Group]:
    if encoding_of(request.media_type) == JSON:
        return read_json(strict_json.parse(request.body))
    return read_protobuf(request.body)


def answer(request: Incoming, batch: Batch) -> Reply:
    return accepted(
        request.media_type, batch.refused, batch.rejected[0]["reason"] if batch.rejected else "", "DataPoints"
    )


def _gather(gathered: Gathered, groups: Iterable[Group]) -> None:
    pieces = Pieces(gathered)
    points = 0
    nobody: set[str] = set()  # names that can be no server's
    for number, group in enumerate(groups):
        if number > MOST_POINTS:
            raise TooLarge(f"at most {MOST_POINTS} resources a request")
        given = server_of(group.attributes)
        server = gathered.server(given)
        if server is None:
            # The first of a name was counted with it.
            gathered.batch.refused += max(
                0, sum(len(metric.points) for metric in group.metrics) - (given not in nobody)
            )
            nobody.add(given)
            continue
        gathered.tag(server, tags_of(group.attributes))
        gathered.host(server, **facts_of(group.attributes))
        if any(metric.name.startswith("system.") for metric in group.metrics):  # of the machine, not of a service on it
            gathered.identify(server, str(group.attributes.get("host.id", "")))
        service = _service(group.attributes, server)
        for metric in group.metrics:
            points += len(metric.points)
            if points > MOST_POINTS:
                raise TooLarge(f"at most {MOST_POINTS} data points a request; lower send_batch_max_size")
            if metric.kind in {"gauge", "sum"}:
                _keep_numbers(gathered, pieces, server, service, metric)
            else:
                for one in metric.spreads():
                    pieces.spread(server, service, metric, one)
    pieces.settle()


def _service(resource: Attributes, server: str) -> str:
    """What several services of one machine are told apart by, in names of custom metrics."""
    name = resource.get("service.name", "")
    return "" if name == server or name.startswith("unknown_service") else name


def _keep_numbers(gathered: Gathered, pieces: Pieces, server: str, service: str, metric: Metric) -> None:
    pieces.note(server, metric.name)
    is_delta = metric.kind == "sum" and metric.temporality == DELTA
    is_counter = metric.kind == "sum" and metric.is_monotonic and not is_delta
    if not metric.points:
        return
    aims = _aims((server, service, metric.name, is_counter, metric.is_json))
    seen = pieces.seen
    last, at, second = -1, 0.0, 0
    keep = gathered.keep
    for labels, start, moment, value in metric.numbers():
        aim = aims.get(labels)
        if aim is None:
            aim = _new_aim(aims, server, service, metric, labels, is_counter)
        target = aim.target
        if moment != last:
            last, at, second = moment, moment / 1e9, moment // 1_000_000_000
        if aim.piece:
            pieces.part(aim, at, value)
        elif is_delta:
            if metric.is_monotonic and (not target.component or base_of(target.component) in COUNTERS):
                pieces.delta(target, at, (moment - start) / 1e9 if start else 0.0, value)
            else:
                gathered.unmapped(server, metric.name)
        elif target.counter:
            gathered.value(server, at, target.series, value, counter=True, since=start / 1e9 if start else None)
        elif target.component:
            # Told twice, by two services of a machine or two requests in one, a piece is one.
            key = (server, target.pid, second)
            if key not in seen:
                seen.add(key)
                keep(target, at, value)
        else:
            keep(target, at, value)


def _aims(of: tuple[str, str, str, bool, bool]) -> dict[Hashable, Aim]:
    found = _known.get(of)
    if found is None:
        found = {}
        if _may_keep(sum(map(len, of[:3]))):
            _known[of] = found
    return found


def _new_aim(
    aims: dict[Hashable, Aim], server: str, service: str, metric: Metric, labels: Hashable, is_counter: bool
) -> Aim:
    aim = aim_at(server, service, metric.name, metric.attributes(labels), is_counter=is_counter)
    if _may_keep(len(labels) if isinstance(labels, bytes) else len(repr(labels))):
        aims[labels] = aim
    return aim


def _may_keep(length: int) -> bool:
    """Whether what is known by a key of this length is remembered; makes room for it."""
    global _bytes
    if length > MOST_KEY:
        return False
    size = ENTRY + 4 * length
    if _bytes + size > MOST_BYTES:
        _known.clear()
        _bytes = 0
    _bytes += size
    return True


PROTOCOL = Protocol("otlp", read, answer, refused=refused)

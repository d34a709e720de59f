"""OTLP's logs: records of WARN and above become errors of their server, the rest is counted; traces are not kept.

Wire: github.com/open-telemetry/opentelemetry-proto (logs/v1); JSON as otlp_wire.py has it.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from lib import strict_json
from lib.domain.errors import BadInput
from lib.monitoring.collectors.error_tracker import MAX_ERRORS, MESSAGE_CHARACTERS, MESSAGES_CHARACTERS, read_errors
from lib.monitoring.collectors.gathering import Gathered
from lib.monitoring.collectors.hostmetrics import facts_of, server_of, tags_of
from lib.monitoring.collectors.otlp_answers import JSON, accepted, encoding_of, refused
from lib.monitoring.collectors.otlp_wire import Attributes, json_attributes
from lib.monitoring.collectors.protocols import Incoming, Protocol, Reply
from lib.monitoring.collectors.server_stats import Batch

WARN, ERROR, FATAL = 13, 17, 21  # of the 24 severities; each word has four
_BY_TEXT = {"WARN": WARN, "WARNING": WARN, "ERROR": ERROR, "ERR": ERROR, "CRITICAL": FATAL, "FATAL": FATAL}
BELOW = "log records below WARN"
NO_TRACES = "traces are not kept here: metrics and logs are"


class Record(NamedTuple):
    resource: Attributes
    scope: str
    at: int  # ns
    severity: int
    message: str


def read(request: Incoming) -> Batch | Reply:
    if request.path.endswith("/traces"):
        return accepted(request.media_type, 0, NO_TRACES, "Spans")
    is_json = encoding_of(request.media_type) == JSON
    gathered = Gathered("otlp_logs", request.now)
    _gather(gathered, _json_records(request.body) if is_json else _records(request.body), request.now)
    batch = gathered.done()
    return batch if any(share.extra for share in batch.shares) else answer(request, batch)


def answer(request: Incoming, batch: Batch) -> Reply:
    why = batch.rejected[0]["reason"] if batch.rejected else ""
    return accepted(request.media_type, batch.refused, why, "LogRecords")


def _gather(gathered: Gathered, records: Iterable[Record], now: float) -> None:
    errors: dict[str, list[dict[str, Any]]] = defaultdict(list)
    count = 0
    nobody: set[str] = set()  # names that can be no server's
    for record in records:
        given = server_of(record.resource)
        server = gathered.server(given)
        if server is None:
            gathered.batch.refused += given in nobody  # the first of a name was counted with it
            nobody.add(given)
            continue
        if record.severity < WARN:
            gathered.unmapped(server, BELOW)
            continue
        count += 1
        if count > MAX_ERRORS:
            gathered.batch.reject("", f"at most {MAX_ERRORS} records of WARN and above a request")
            continue
        if not errors[server]:
            gathered.tag(server, tags_of(record.resource))
            gathered.host(server, **facts_of(record.resource))
        errors[server].append(_error(record, now))
    # As many characters in all as one post of our agent may bring.
    most = min(MESSAGE_CHARACTERS, MESSAGES_CHARACTERS // max(1, min(count, MAX_ERRORS)))
    for server, rows in errors.items():
        cut = [row | {"message": row["message"][:most]} for row in rows]
        gathered.add(server, "errors", read_errors(cut, now, gathered.batch.reject))


def _error(record: Record, now: float) -> dict[str, Any]:
    level = "critical" if record.severity >= FATAL else "error" if record.severity >= ERROR else "warning"
    source = "/".join(filter(None, (record.resource.get("service.name"), record.scope)))
    # The same record sent again is one; two of a second are two.
    content = "\0".join((str(record.at), source, record.message)).encode("utf-8", "replace")
    return {
        "id": hashlib.sha256(content).hexdigest()[:24], "at": record.at / 1e9 if record.at else now, "level": level,
        "source": source, "message": record.message,
    }  # fmt: skip


def _message(body: str, attributes: Mapping[str, str]) -> str:
    """What was logged; of an exception that says more, its type and message as well."""
    exception = ": ".join(filter(None, (attributes.get("exception.type"), attributes.get("exception.message"))))
    return " | ".join(filter(None, (body, exception if exception not in body else ""))) or "(no text)"


def _severity(number: int, text: str) -> int:
    return number or _BY_TEXT.get(text.strip().upper(), 0)


def _records(body: bytes) -> Iterator[Record]:
    from google.protobuf.message import DecodeError
    from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

    try:
        request = ExportLogsServiceRequest.FromString(body)
    except DecodeError:
        raise BadInput("the body is no ExportLogsServiceRequest") from None
    for group in request.resource_logs:
        resource = {one.key: _text(one.value) for one in group.resource.attributes}
        for scope in group.scope_logs:
            for record in scope.log_records:
                attributes = {one.key: _text(one.value) for one in record.attributes}
                yield Record(
                    resource, scope.scope.name, record.time_unix_nano or record.observed_time_unix_nano,
                    _severity(record.severity_number, record.severity_text),
                    _message(_text(record.body), attributes),
                )  # fmt: skip


def _text(value: Any) -> str:
    return _in_words(_plain(value))


def _plain(value: Any) -> Any:
    """An AnyValue as JSON has it."""
    kind = value.WhichOneof("value")
    if kind == "kvlist_value":
        return {one.key: _plain(one.value) for one in value.kvlist_value.values}
    if kind == "array_value":
        return [_plain(one) for one in value.array_value.values]
    return None if kind in {None, "bytes_value"} else getattr(value, kind)


def _in_words(value: Any) -> str:
    return value if isinstance(value, str) else "" if value is None else json.dumps(value, ensure_ascii=False)[:4_000]


def _json_records(body: bytes) -> Iterator[Record]:
    for group in _objects(strict_json.parse(body), "resourceLogs"):
        resource = json_attributes(_object(group.get("resource")))
        for scope in _objects(group, "scopeLogs"):
            name = str(_object(scope.get("scope")).get("name") or "")
            for record in _objects(scope, "logRecords"):
                moments = (_whole(record.get(key)) for key in ("timeUnixNano", "observedTimeUnixNano"))
                yield Record(
                    resource, name, next(filter(None, moments), 0),
                    _severity(_whole(record.get("severityNumber")), str(record.get("severityText") or "")),
                    _message(_in_words(_json_plain(record.get("body"))), json_attributes(record)),
                )  # fmt: skip


def _json_plain(value: object) -> Any:
    for kind, inner in _object(value).items():
        if kind == "kvlistValue":
            pairs = _objects(_object(inner), "values")
            return {str(one.get("key")): _json_plain(one.get("value")) for one in pairs}
        if kind == "arrayValue":
            return [_json_plain(one) for one in _objects(_object(inner), "values")]
        return inner
    return None


def _object(given: object) -> dict[str, Any]:
    if given is not None and not isinstance(given, dict):
        raise BadInput("this is no ExportLogsServiceRequest: an object is needed where something else stands")
    return given or {}


def _objects(holder: object, key: str) -> list[dict[str, Any]]:
    given = _object(holder).get(key)
    if given is not None and not isinstance(given, list):
        raise BadInput(f"{key} must be a list")
    return [_object(one) for one in given or ()]


def _whole(given: object) -> int:
    if given is None:
        return 0
    if isinstance(given, str) and len(given) <= 20 and given.isascii() and given.isdigit():
        return int(given)
    if type(given) is not int or not 0 <= given < 2**64:
        raise BadInput("times are nanoseconds, as numbers or text; severityNumber is an integer")
    return given


PROTOCOL = Protocol("otlp_logs", read, answer, refused=refused)

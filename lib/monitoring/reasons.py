"""Why a server has the status it has, in a sentence, Korean and English."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lib.domain.metrics import Metric, metric_of
from lib.domain.moments import told
from lib.domain.rule_names import Locale, called
from lib.monitoring.alerts import outside_words
from lib.monitoring.alerts.prospect_words import foretold
from lib.monitoring.alerts.series_words import listed
from lib.monitoring.state import ServerState


def described(reason: dict[str, Any] | None, state: ServerState | None = None) -> dict[str, Any] | None:
    """The reason with its text. Times stand beside it: the reader's clock and zone make words of them."""
    if reason is None:
        return None
    code = reason["code"]
    if code == "threshold":
        text = _threshold(reason)
    elif code == "silent":
        text = {"en": "Nothing has been heard from this server", "ko": "서버에서 소식이 없습니다"}
    elif code == "deaf":
        text = {
            "en": "Many servers fell silent together: the monitor itself may not be reachable",
            "ko": "여러 서버가 동시에 조용해졌습니다. 모니터가 수신하지 못하는 것일 수 있습니다",
        }
    elif code == "blind":
        text = {
            "en": "The monitor itself has read no reports since then; values are the last known",
            "ko": "모니터가 그 뒤로 보고를 읽지 못했습니다. 값은 마지막으로 알려진 값입니다",
        }
    elif code == "skewed":
        text = {
            "en": "Its clock is off and it does not number its posts: values are kept as sent and judge nothing",
            "ko": "서버의 시계가 맞지 않고 보고에 번호가 없어, 값은 받은 그대로 보관하며 판단에는 쓰지 않습니다",
        }
    elif code == "stopped":
        text = _stopped(str(reason.get("word") or ""))
    elif code == "late":
        text = {
            "en": "Its report is late; values are the last known",
            "ko": "보고가 늦고 있습니다. 값은 마지막으로 알려진 값입니다",
        }
    else:
        text = {"en": code, "ko": code}
    return {"metric": None, "value": None, "level": None, **reason, **told("since", reason.get("since")), "text": text}


def _stopped(word: str) -> dict[str, str]:
    if word == "terminated":
        return {"en": "Its cloud says that it was deleted", "ko": "클라우드에서 삭제된 서버입니다"}
    return {"en": "Its cloud says that it is stopped", "ko": "클라우드에서 중지된 서버입니다"}


def _threshold(reason: dict[str, Any]) -> dict[str, str]:
    series: str = reason["metric"]
    metric = metric_of(series)
    _, _, subject = series.partition(":")
    of = f" {subject}" if subject else ""
    value, level = _figure(reason["value"], metric), _figure(reason["level"], metric)
    en = metric.en if metric else series
    ko = metric.ko if metric else series
    return {
        "en": f"{en}{of} at {value} (level {level})",
        "ko": f"{ko}{of} {value} (기준 {level})",
    }


def sentence_of(incident: Mapping[str, Any], now: float | None = None) -> dict[str, str]:
    """What an incident is about, Korean and English, without its times; what is foreseen, in hours from `now`."""
    kind = incident["kind"]
    if kind == "threshold" and incident.get("value") is not None and incident.get("level") is not None:
        return _threshold({"metric": incident["subject"], "value": incident["value"], "level": incident["level"]})
    if kind == "forecast":
        is_over = incident.get("resolved_at") is not None
        return foretold(incident["subject"], incident.get("detail") or "", now, is_over=is_over)
    if kind == "heartbeat":
        return {"en": "Nothing is heard from this server", "ko": "서버에서 소식이 없습니다"}
    if kind == "deaf":
        return {
            "en": "Many servers fell silent together: the monitor itself may not be reachable",
            "ko": "여러 서버가 동시에 조용해졌습니다. 모니터가 수신하지 못하는 것일 수 있습니다",
        }
    if kind == "skew":
        return {"en": "Its clock is off", "ko": "서버의 시계가 맞지 않습니다"}
    if kind == "anomaly":
        leading = incident.get("detail") or ""
        en, ko = (f": {listed(leading, one)}" if leading else "" for one in ("en", "ko"))
        return {"en": f"It is unlike itself{en}", "ko": f"평소와 다릅니다{ko}"}
    if kind == "outside":
        return outside_words.sentence(incident)
    names: dict[Locale, str] = {one: called(incident.get("rule"), incident["rule_name"], one) for one in ("en", "ko")}
    detail = incident.get("detail") or ""
    if kind == "check":
        why, _, said = detail.partition(" ")
        en = {"late": "did not run in time", "failed": "failed", "overrun": "runs too long"}.get(why, "is missed")
        ko = {"late": "제때 실행되지 않았습니다", "failed": "실패했습니다", "overrun": "너무 오래 실행 중입니다"}.get(
            why, "실행이 확인되지 않습니다"
        )
        more = f": {said}" if said else ""
        return {"en": f"{names['en']} {en}{more}", "ko": f"{names['ko']}: {ko}{more}"}
    return {one: f"{name}: {detail}" if detail else name for one, name in names.items()}


def _figure(value: float, metric: Metric | None) -> str:
    unit = metric.unit if metric else ""
    if unit == "B":
        return _bytes(value)
    return f"{value:.1f}".rstrip("0").rstrip(".") + unit if abs(value) < 1e6 else f"{value:.3g}{unit}"


def _bytes(value: float) -> str:
    for unit in ("B", "kB", "MB", "GB"):
        if abs(value) < 1_000:
            return f"{value:.1f}".rstrip("0").rstrip(".") + f" {unit}"
        value /= 1_000
    return f"{value:.1f}".rstrip("0").rstrip(".") + " TB"

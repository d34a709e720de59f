"""What a rule of the kind `forecast` found, as the incident's detail keeps it, and in words, Korean and English."""

from __future__ import annotations

from lib.domain.metrics import metric_of
from lib.monitoring.analyzers.prospects import HOUR, Prospect


def detail_of(found: Prospect, value: float | None, now: float) -> str:
    """`level value hours earliest latest`, `-` for what is not known; hours from when it was noticed."""
    hours = [None if at is None else max(0.0, (at - now) / HOUR) for at in (found.at, found.earliest, found.latest)]
    return " ".join("-" if one is None else f"{one:.4g}" for one in (found.level, value, *hours))


def foretold(series: str, detail: str) -> dict[str, str]:
    """`{en, ko}`: `Disk /data will likely reach 100% in about 14 h (9 to 20 h), now 81%`."""
    metric = metric_of(series)
    _, _, subject = series.partition(":")
    en = f"{metric.en if metric else series} {subject}".strip()
    ko = f"{metric.ko if metric else series} {subject}".strip()
    try:
        level, value, hours, earliest, latest = (None if one == "-" else float(one) for one in detail.split())
    except ValueError:
        return {"en": f"{en} will likely reach its level", "ko": f"{ko}: 곧 기준에 이를 것으로 예상됩니다"}
    unit = metric.unit if metric and metric.unit == "%" else ""
    reached = "" if level is None else f" {level:g}{unit}"
    about = {locale: _span(hours or 0.0, locale) for locale in ("en", "ko")}
    if latest is None:
        scope = {
            "en": f" (at the earliest {_span(earliest or 0.0, 'en')})",
            "ko": f" (빠르면 {_span(earliest or 0.0, 'ko')})",
        }
    else:
        scope = {
            "en": f" ({_span(earliest or 0.0, 'en')} to {_span(latest, 'en')})",
            "ko": f" ({_span(earliest or 0.0, 'ko')}~{_span(latest, 'ko')})",
        }
    now = (
        {"en": "", "ko": ""} if value is None else {"en": f", now {value:.3g}{unit}", "ko": f", 현재 {value:.3g}{unit}"}
    )
    return {
        "en": f"{en} will likely reach{reached} in about {about['en']}{scope['en']}{now['en']}",
        "ko": f"{ko}: 약 {about['ko']} 안에{reached}에 이를 것으로 예상됩니다{scope['ko']}{now['ko']}",
    }


def _span(hours: float, locale: str) -> str:
    if hours < 1:
        return f"{max(1, round(hours * 60))} min" if locale == "en" else f"{max(1, round(hours * 60))}분"
    if hours < 72:
        return f"{hours:.0f} h" if locale == "en" else f"{hours:.0f}시간"
    return f"{hours / 24:.0f} days" if locale == "en" else f"{hours / 24:.0f}일"

"""What a rule of the kind `forecast` found, as the incident's detail keeps it, and in words, Korean and English."""

from __future__ import annotations

from lib.domain.metrics import metric_of
from lib.monitoring.analyzers.prospects import HOUR, Prospect


def detail_of(found: Prospect, value: float | None, now: float) -> str:
    """`level value hours earliest latest at`, `-` for what is not known; hours from `at`, when it was so."""
    hours = [None if at is None else max(0.0, (at - now) / HOUR) for at in (found.at, found.earliest, found.latest)]
    said = ["-" if one is None else f"{one:.4g}" for one in (found.level, value, *hours)]
    return " ".join([*said, f"{now:.0f}"])


def foretold(series: str, detail: str, now: float | None = None, *, is_over: bool = False) -> dict[str, str]:
    """`{en, ko}`: `Disk /data will likely reach 100% in about 14 h (9 h to 20 h), now 81%`. With `now` the hours are
    those left from then on; what `is_over` was to be, as it was last foreseen."""
    metric = metric_of(series)
    _, _, subject = series.partition(":")
    en = f"{metric.en if metric else series} {subject}".strip()
    ko = f"{metric.ko if metric else series} {subject}".strip()
    will, awaited = ("was to", "예상되었습니다") if is_over else ("will likely", "예상됩니다")
    level, value, hours, earliest, latest, at = _read(detail)
    if hours is None:
        return {"en": f"{en} {will} reach its level", "ko": f"{ko}: 곧 기준에 이를 것으로 {awaited}"}
    passed = 0.0 if now is None or at is None or is_over else (now - at) / HOUR
    unit = metric.unit if metric and metric.unit == "%" else ""
    reached = "" if level is None else f" {level:g}{unit}"
    about, first, last = (
        {locale: "" if one is None else _span(one - passed, locale) for locale in ("en", "ko")}
        for one in (hours, earliest, latest)
    )
    if latest is None:
        scope = {"en": f" (at the earliest {first['en']})", "ko": f" (빠르면 {first['ko']})"}
    else:
        scope = {"en": f" ({first['en']} to {last['en']})", "ko": f" ({first['ko']}~{last['ko']})"}
    figures = {"en": "", "ko": ""}
    if value is not None and passed < 1 and not is_over:
        figures = {"en": f", now {value:.3g}{unit}", "ko": f", 현재 {value:.3g}{unit}"}
    return {
        "en": f"{en} {will} reach{reached} in about {about['en']}{scope['en']}{figures['en']}",
        "ko": f"{ko}: 약 {about['ko']} 안에{reached}에 이를 것으로 {awaited}{scope['ko']}{figures['ko']}",
    }


def _read(detail: str) -> list[float | None]:
    """Level, value, hours, earliest, latest and when it was so, which older details lack; all None if it is none."""
    try:
        read = [None if one == "-" else float(one) for one in detail.split()]
    except ValueError:
        read = []
    return [*read, None][:6] if len(read) in (5, 6) else [None] * 6


def _span(hours: float, locale: str) -> str:
    """At least a minute."""
    if hours < 1:
        return f"{max(1, round(hours * 60))} min" if locale == "en" else f"{max(1, round(hours * 60))}분"
    if hours < 72:
        return f"{hours:.0f} h" if locale == "en" else f"{hours:.0f}시간"
    return f"{hours / 24:.0f} days" if locale == "en" else f"{hours / 24:.0f}일"

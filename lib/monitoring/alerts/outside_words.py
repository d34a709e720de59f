"""What an alert of another monitor is called, in Korean and English: its own title, and whose it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lib.monitoring.alerts.outside import MOST_OF_SOURCE, MOST_OPEN, TIMED_OUT, TOO_MANY


def title_of(item: Mapping[str, Any]) -> str:
    """As its source called it; where that is forgotten, by its name."""
    return str(item.get("detail") or "") or str(item.get("subject") or "").rpartition(":")[0]


def sentence(item: Mapping[str, Any]) -> dict[str, str]:
    """`item` has `subject`, `detail` and `source`, as incidents and messages have them."""
    source = str(item.get("source") or "")
    if str(item.get("subject") or "").startswith(f"{TOO_MANY}:"):
        limit = f"출처마다 {MOST_OF_SOURCE}건, 모두 {MOST_OPEN}건"
        return {
            "en": f"{source} has more alerts open than are taken ({MOST_OF_SOURCE} of one source, {MOST_OPEN} in all)",
            "ko": f"{source}의 열린 알림이 한도({limit})를 넘어 더 받지 않습니다",
        }
    whose = f" ({source})" if source else ""
    return {"en": title_of(item) + whose, "ko": title_of(item) + whose}


def ending(item: Mapping[str, Any], lasted: str) -> dict[str, str] | None:
    """How one that is over ended, where its source did not say so."""
    if item.get("why") != TIMED_OUT:
        return None
    return {
        "en": f"is not told of any more, after {lasted}",
        "ko": f"더 이상 소식이 없어 종료로 처리했습니다 ({lasted} 만에)",
    }

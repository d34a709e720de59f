"""What the rules of a fresh install are called, in both languages. Stored, exported and told to programs is the English
name; people read this one for as long as nobody has given the rule another. `public/js/rule-names.js` says the same to
the page; a test holds the two together, and to what is seeded."""

from __future__ import annotations

from typing import Literal

type Locale = Literal["ko", "en"]

# Rule id -> (its stored name, the same in Korean).
NAMES: dict[str, tuple[str, str]] = {
    "cpu": ("CPU", "CPU"),
    "memory": ("Memory", "메모리"),
    "disk": ("Disk", "디스크"),
    "disk-free": ("Free space", "남은 공간"),
    "inode": ("Inodes", "아이노드"),
    "load": ("Load", "부하"),
    "heartbeat": ("Heartbeat", "서버 무응답"),
    "deaf": ("The monitor cannot hear", "모니터 수신 불가"),
    "jobs": ("Missed jobs", "작업 누락"),
    "clock": ("Clock", "시계 오차"),
    "disk-soon": ("Disk will be full", "디스크 부족 예상"),
    "outside": ("Other monitors", "다른 모니터"),
}
_KOREAN = dict(NAMES.values())


def called(rule_id: str | None, name: str, locale: Locale) -> str:
    """How people of this language call a rule that is stored as `name`: its own name, unless that is still the one it
    was made with. Where the id is not told, None, the name alone says so."""
    if locale == "en":
        return name
    if rule_id is None:
        return _KOREAN.get(name, name)
    stored, korean = NAMES.get(rule_id, (None, name))
    return korean if name == stored else name

"""A badge as SVG: a name and a state. Nothing of a name becomes markup; wide letters get the room they need."""

from __future__ import annotations

import unicodedata
from xml.sax.saxutils import escape, quoteattr  # nosec B406 # these write; nothing is parsed

MOST_CHARACTERS = 40
WORDS = {
    "en": {"ok": "operational", "degraded": "degraded", "down": "down", "unknown": "unknown"},
    "ko": {"ok": "정상", "degraded": "저하", "down": "중단", "unknown": "알 수 없음"},
}
COLOURS = {"ok": "#1a7f37", "degraded": "#9a6700", "down": "#cf222e", "unknown": "#57606a"}


def badge(name: str, state: str, locale: str = "en") -> str:
    """An image of 20 pixels' height, white on colours that it can be read on."""
    name = name if len(name) <= MOST_CHARACTERS else name[: MOST_CHARACTERS - 1] + "…"
    word = WORDS[locale][state]
    left, right = width(name) + 12, width(word) + 12
    label = quoteattr(f"{name}: {word}")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + right}" height="20" role="img" aria-label={label}>'
        f"<title>{escape(f'{name}: {word}')}</title>"
        f'<rect width="{left + right}" height="20" rx="4" fill="#24292f"/>'
        f'<path d="M{left} 0h{right - 4}a4 4 0 0 1 4 4v12a4 4 0 0 1-4 4H{left}z" fill="{COLOURS[state]}"/>'
        '<g fill="#fff" font-family="Pretendard,Verdana,Geneva,sans-serif" font-size="11" text-anchor="middle">'
        f'<text x="{left / 2:g}" y="14">{escape(name)}</text>'
        f'<text x="{left + right / 2:g}" y="14">{escape(word)}</text></g></svg>'
    )


def width(text: str) -> int:
    """Pixels at 11 px: letters of East Asia are as wide as they are high, a mark above a letter takes none."""
    wide = {"W": 11.0, "F": 11.0}
    return round(
        sum(
            0.0 if unicodedata.combining(character) else wide.get(unicodedata.east_asian_width(character), 6.8)
            for character in text
        )
    )

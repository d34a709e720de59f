"""Korean particles: which form follows a word depends on whether its last sound is a consonant."""

from __future__ import annotations

_FINAL_DIGITS = "013678"  # 영 일 삼 육 칠 팔
_RIEUL_DIGITS = "178"  # 일 칠 팔
_FINAL_LETTERS = "lmnr"  # 엘 엠 엔 알; other letters are read with a vowel at their end
_RIEUL_LETTERS = "lr"


def with_particle(word: str, pair: str) -> str:
    """`with_particle("web-01", "은/는")` -> "web-01은". `pair` is "after a consonant/after a vowel"; in "으로/로" a ㄹ
    counts as a vowel."""
    closed, after_vowel = pair.split("/")
    return word + (closed if _is_closed(word, rieul_counts=pair != "으로/로") else after_vowel)


def _is_closed(word: str, *, rieul_counts: bool) -> bool:
    last = next((sign for sign in reversed(word) if sign.isalnum() or sign == "%"), "")
    if "가" <= last <= "힣":
        final = (ord(last) - ord("가")) % 28
        return final != 0 and (rieul_counts or final != 8)
    low = last.lower()
    if not rieul_counts and (low in _RIEUL_DIGITS or low in _RIEUL_LETTERS):
        return False
    return bool(low) and (low in _FINAL_DIGITS or low in _FINAL_LETTERS)

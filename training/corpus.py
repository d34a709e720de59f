"""The training corpus: every line of the phrase files said in many ways, in several fleets, also carelessly typed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

from training.fleets import Server, fleets
from training.grammar import breadth, parsed, said
from training.words import GROUPS, PREFIXES, SUFFIXES, TABLE, TAGS

PHRASES = Path(__file__).parent / "phrases"
SEED = 20_261_126
WAYS = 36  # how many sentences a line makes
_HANGUL = re.compile(r"[가-힣ㄱ-ㅎㅏ-ㅣ]")
_LATIN = re.compile(r"[a-z]")
_SLOT = re.compile(r"\{[^}]*\}")


@dataclass(frozen=True)
class Sentence:
    """`line` tells the phrases apart, so that some can be held back from the training."""

    text: str
    label: str
    line: int
    fleet: list[Server]


class _Speaker:
    """Fills slots in one language from one fleet. Korean speakers use an English word now and then."""

    def __init__(self, fleet: list[Server], korean: bool) -> None:
        self.fleet, self.korean = fleet, korean
        self.said: set[str] = set()

    def fill(self, slot: str, rng: Random) -> str:
        name, optional = slot.rstrip("?!"), slot.endswith("?")
        if optional and rng.random() < 0.45:
            return ""
        if name == "TGT":
            draw = rng.random()
            name = "SRV" if draw < 0.6 else "GRPS" if draw < 0.85 else "TAGGED"
        maker = getattr(self, f"_{name.lower().rstrip('23')}", None)
        if maker is not None:
            return str(maker(rng))
        rows = TABLE["M" if name == "M2" else "TERM" if name == "TERM2" else name]
        words = rows[0] if self.korean else rows[1]
        if self.korean and name in ("M", "M2", "MC", "L", "V", "P") and rng.random() < 0.12:
            words = rows[1]
        return rng.choice(words)

    def _word(self, pair: tuple[str, str], rng: Random) -> str:
        return rng.choice(pair[0 if self.korean and rng.random() < 0.8 else 1].split("|"))

    def _srv(self, rng: Random) -> str:
        left = [one for one in self.fleet if one["id"] not in self.said] or self.fleet
        server = rng.choice(left)
        self.said.add(server["id"])
        return _spelled(server, self.korean, rng)

    def _unk(self, rng: Random) -> str:
        server = rng.choice(self.fleet)
        stem = re.sub(r"\d+$", "", server["id"])
        return f"{stem}{rng.randint(40, 99)}"

    def _group(self, rng: Random) -> str:
        names = [one["group"] for one in self.fleet if one["group"] in GROUPS]
        return self._word(GROUPS[rng.choice(names)], rng)

    _grp = _group

    def _grps(self, rng: Random) -> str:
        word = self._group(rng)
        if self.korean:
            return (
                word
                if word.endswith(("서버", "노드"))
                else word + rng.choice([" 서버", "서버", " 서버들", "", " 쪽", "섭"])
            )
        return f"{rng.choice(['', 'the ', 'all '])}{word} {rng.choice(['servers', 'boxes', 'tier', 'hosts', 'nodes'])}"

    def _tag_of(self, keys: tuple[str, ...], rng: Random) -> str:
        values = [one["tags"][key] for one in self.fleet for key in keys if key in one["tags"]]
        return self._word(TAGS[rng.choice(values)], rng)

    def _tag(self, rng: Random) -> str:
        return self._tag_of(("env", "env", "region", "os"), rng)

    def _tagged(self, rng: Random) -> str:
        end = rng.choice([" 서버", " 서버들", " 쪽", " 환경"] if self.korean else [" servers", " hosts", ""])
        return self._tag(rng) + end

    def _osname(self, rng: Random) -> str:
        return self._tag_of(("os",), rng)

    def _region(self, rng: Random) -> str:
        return self._tag_of(("region",), rng)

    def _team(self, rng: Random) -> str:
        teams = [one["tags"]["team"] for one in self.fleet if "team" in one["tags"]]
        return self._word(TAGS[rng.choice(teams or ["infra"])], rng)


_KOREAN_STEMS = {"web": "웹", "api": "에이피아이", "db": "디비", "cache": "캐시"}


def _spelled(server: Server, korean: bool, rng: Random) -> str:
    name = str(server["id"])
    found = re.fullmatch(r"(.*?)-?0*(\d+)", name)
    if found is None or rng.random() < 0.6:
        return name
    stem, number = found.groups()
    ways = [name.upper(), f"{stem}{number}", name.replace("-", ""), name.replace("-", " "), name]
    if korean:
        ways += [
            f"{stem} {number}번",
            f"{_KOREAN_STEMS.get(stem, stem)} {number}번",
            f"{_KOREAN_STEMS.get(stem, stem)}{number}번 서버",
        ]
    return rng.choice(ways)


def careless(text: str, korean: bool, rng: Random) -> str:
    """How people type: without spaces, with a greeting in front, with a letter too few."""
    if rng.random() < 0.13:
        text = f"{rng.choice(PREFIXES['polite'][0 if korean else 1].split('|'))} {text}"
    if rng.random() < 0.3:
        end = rng.choice(SUFFIXES[0 if korean else 1].split("|"))
        text = text + ("" if not end[0].isalpha() else " ") + end
    if korean and rng.random() < 0.18:
        text = text.replace(" ", "") if rng.random() < 0.5 else _some_spaces(text, rng)
    if rng.random() < 0.08:
        text = _slip(text, rng)
    return text


def _some_spaces(text: str, rng: Random) -> str:
    return "".join(sign for sign in text if sign != " " or rng.random() < 0.5)


def _slip(text: str, rng: Random) -> str:
    words = text.split(" ")
    long = [place for place, word in enumerate(words) if len(word) >= 5 and word.isalpha() and word.isascii()]
    if not long:
        return text
    place = rng.choice(long)
    word, at = words[place], rng.randrange(1, len(words[place]) - 1)
    words[place] = rng.choice(
        [
            word[:at] + word[at + 1 :],
            word[:at] + word[at + 1] + word[at] + word[at + 2 :],
            word[:at] + word[at] + word[at:],
        ]
    )
    return " ".join(words)


def ways_of(line: str, ways: int) -> int:
    """How often a line is said: often enough that each member of its longest choice is."""
    if "{" not in line and "(" not in line:
        return 3
    return max(ways, 5 * breadth(parsed(line)) // 2)


def spoken(line: str, fleet: list[Server], rng: Random, turn: int | None = None) -> str:
    """One sentence of a line, as somebody with this fleet might type it."""
    korean = bool(_HANGUL.search(_SLOT.sub("", line))) or (
        not _LATIN.search(_SLOT.sub("", line)) and rng.random() < 0.5
    )
    return careless(said(parsed(line), _Speaker(fleet, korean).fill, rng, turn), korean, rng)


def lines() -> Iterator[tuple[str, str]]:
    """(label, line) of every phrase file; the label is the name of the file."""
    for path in sorted(PHRASES.glob("*.txt")):
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.strip() and not line.startswith("# "):
                yield path.stem, line.rstrip()


def sentences(ways: int = WAYS) -> list[Sentence]:
    """The whole corpus: the same for the same phrases. No sentence stands twice under one label."""
    rng = Random(SEED)  # noqa: S311 - chance makes sentences here, no secrets
    known = fleets(rng)
    seen: set[tuple[str, str]] = set()
    made: list[Sentence] = []
    for number, (label, line) in enumerate(lines()):
        for turn in range(ways_of(line, ways)):
            fleet = rng.choice(known)
            text = spoken(line, fleet, rng, turn)
            if text and (label, text) not in seen:
                seen.add((label, text))
                made.append(Sentence(text, label, number, fleet))
    return made

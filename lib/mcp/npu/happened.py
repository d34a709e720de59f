"""Whether a sentence asks what happened in a time, of whatever kind: not why, nor only which alerts or errors."""

from __future__ import annotations

import re

_HAPPENED = re.compile(
    r"(?:무슨|뭔|별)\s?(?:일|문제)|(?:뭐|뭔가|문제|이슈)\s?(?:터졌|터진|터지|생겼|생긴|있었|없었)"
    r"|(?<![a-z])(?:what(?:'s| has| have)?|anything|something|everything that)(?: (?:has|have|bad|weird|interesting|else))?"
    r" (?:happen(?:ed|s)?|(?:go|goes|gone|went) wrong|br(?:eak|oke|oken)|been going on|went on|went down)(?![a-z])"
)
_MISSED = re.compile(r"놓친\s?(?:거|것|게|일|건|사건)|(?<![a-z])(?:did|have) (?:i|we) miss(?:ed)?(?![a-z])")
# What is asked for by a name of its own, or for its reason.
_OTHERWISE = re.compile(
    r"왜|원인|이유|때문|알림|알람|경보|에러|오류|로그|이상\s?징후|배포|변경|바뀐|바뀌|변한"
    r"|(?<![a-z])(?:why|caus\w+|reasons?|how come|alerts?|alarms?|errors?|logs?|exceptions?|anomal\w+|deploy\w*|chang\w+"
    r"|releases?|before|after|around|when)(?![a-z])"
)


def is_asked(folded: str, *, names_a_time: bool) -> bool:
    """Of a folded text. Who asks what was missed need not say since when."""
    if _OTHERWISE.search(folded):
        return False
    return _MISSED.search(folded) is not None or (names_a_time and _HAPPENED.search(folded) is not None)

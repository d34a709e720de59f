"""Whether a sentence asks what happened in a time, of whatever kind: not why, nor only which alerts or errors."""

from __future__ import annotations

import re

# Of what was: what is now ("별일 없지?") is the fleet's state.
_HAPPENED = re.compile(
    r"(?:무슨|뭔|별)\s?(?:일|문제|사고|이슈|사건|장애)\s?(?:이|가|은|는|도)?\s?(?:있었|없었|났|생겼|생긴|터졌|터진|벌어졌|벌어진)"
    r"|(?:뭐|뭔가|문제|이슈|사고|장애|별\s?탈)\s?(?:이|가|은|는|도)?\s?(?:터졌|터진|터지|생겼|생긴|있었|없었|났었|났어|났나|났니)"
    r"|(?<![a-z])(?:what(?:'?s| has| have)?|anything|something|everything that)(?: (?:has|have|bad|weird|odd|interesting|else))?"
    r" (?:happen(?:ed|s)?|(?:go|goes|gone|went) (?:wrong|down|on)|br(?:eak|oke|oken)|been (?:going on|happening|up)"
    r"|bl(?:ow|ew|own) up|fail(?:ed)?|crash(?:ed)?|die[ds]?)(?![a-z])"
)
# Of a time that is over it is asked as if it were now, too.
_HAPPENS = re.compile(r"(?:무슨|뭔|별)\s?(?:일|문제|사고|이슈)")
_MISSED = re.compile(
    r"놓친\s?(?:거|것|게|일|건|사건)"
    r"|(?<![a-z])(?:(?:did|have) (?:i|we) miss(?:ed)?|catch (?:me|us) up|bring (?:me|us) up to (?:speed|date)|fill (?:me|us) in"
    r"|what have i missed)(?![a-z])"
)
# A briefing of no time is one of how things are now.
_BRIEF = re.compile(
    r"브리핑|알아야\s?할\s?(?:거|것|게|일)"
    r"|(?<![a-z])(?:brief (?:me|us)|recap|(?:anything|something) (?:i|we) (?:should|need to) know)(?![a-z])"
)
# What is asked for by a name of its own, or for its reason, or of something else than servers.
_OTHERWISE = re.compile(
    r"회의(?!\s?전)|뉴스|세상|경기|주식|날씨|"
    r"왜|원인|이유|때문|알림|알람|경보|에러|오류|로그|이상\s?징후|배포|변경|바뀐|바뀌|변한"
    r"|(?<![a-z])(?:world|news|games?|match|olympics|elections?|stocks?|weather|school|office"
    r"|why|caus\w+|reasons?|how come|alerts?|alarms?|errors?|logs?|exceptions?|anomal\w+|deploy\w*|chang\w+"
    r"|releases?|before|after|around|when)(?![a-z])"
)
_MISSED_ALERTS = re.compile(
    r"놓친\s?(?:알림|알람|경보)|(?<![a-z])(?:alerts?|alarms?|pages?) (?:did|have) (?:i|we) miss|missed (?:alerts?|alarms?)"
)


def is_asked(folded: str, *, names_a_time: bool, is_over: bool = True) -> bool:
    """Of a folded text. Who asks what was missed need not say since when. `is_over`: the time named has ended."""
    if _OTHERWISE.search(folded):
        return False
    if _MISSED.search(folded):
        return True
    asks = (_HAPPENED, _HAPPENS, _BRIEF) if is_over else (_HAPPENED,)
    return names_a_time and any(one.search(folded) for one in asks)


def asks_for_alerts(folded: str) -> bool:
    """Which alerts were missed: a list of these."""
    return _MISSED_ALERTS.search(folded) is not None

"""Whether a sentence asks which alert rules there are."""

from __future__ import annotations

import re

_RULES = r"(?:알림\s?|알람\s?|경보\s?|기본\s?)?(?:규칙|룰)(?:들)?(?:은|는|이|가|을|를|에는|의)?"
_LISTED = re.compile(
    rf"{_RULES}\s?(?:어떤\s?(?:게|것)|뭐|뭘|무엇|무슨|목록|리스트|전부|모두|다|몇\s?개|보여|있어|있나|있지|있는|알려|나열)"
    rf"|(?:어떤|무슨|켜진|켜져\s?있는|꺼진|설정된|전체|모든)\s?{_RULES}"
    r"|(?<![a-z])(?:what|which|list|show|see|all|any|how many)(?![a-z])[a-z\s]{0,24}(?<![a-z])rules(?![a-z])"
    r"|(?<![a-z])rules (?:list|overview)(?![a-z])"
)
# What is to be done with a rule, or asked about one.
_OTHERWISE = re.compile(
    r"어떻게|방법|만들|추가|바꾸|바꿔|변경|수정|삭제|지워|지우|끄|꺼|켜줘|내보내|가져오|방화벽|라우팅|발생|울렸|울린|위반|왜"
    r"|(?<![a-z])(?:how (?:do|can|to)|creat\w*|mak\w*|add\w*|chang\w*|edit\w*|delet\w*|remov\w*|turn|switch"
    r"|export\w*|import\w*|fir\w+|trigger\w*|opened|broken?|violat\w*|why|firewall|iptables|routing)(?![a-z])"
)


def is_asked(folded: str) -> bool:
    return _LISTED.search(folded) is not None and _OTHERWISE.search(folded) is None

"""Whether a sentence asks which servers have too little to do: idle, larger than they need to be, fit to be taken away."""

from __future__ import annotations

import re

_SERVERS = re.compile(
    r"서버|섭(?![가-힣])|장비|노드|인스턴스|머신|호스트|(?<![a-z])(?:servers?|hosts?|machines?|box(?:es)?|instances?|nodes?|vms?)(?![a-z])"
)
_IDLE = re.compile(
    r"(?<![가-힣])(?:노는|놀고\s?있|유휴|안\s?쓰는|안\s?쓰이는|쓰지\s?않는|사용하지\s?않는|미사용|오버\s?스펙|과\s?스펙)"
    r"|스펙이?\s?(?:과한|남는|남아도는)|남아도는|(?:지워|없애|줄여|빼|꺼|정리해|삭제해|반납해|내려)도\s?(?:되|돼|될|괜찮)"
    r"|(?:어떤|어느|무슨)\s?(?:서버|섭|장비|노드|인스턴스).{0,6}(?:없애|줄여|지워|정리해|빼|꺼|반납해)야"
    r"|(?<![a-z])(?:idle|idling|unused|under-?used|under-?utili[sz]ed|over-?sized|over-?provisioned|right-?siz\w*"
    r"|down-?siz\w*|too big|doing nothing|not (?:being )?used)(?![a-z])"
    r"|(?<![a-z])(?:which|what|any)(?![a-z]).{0,40}(?<![a-z])(?:can|could|should|may|safe|safely)(?![a-z]).{0,16}"
    r"(?<![a-z])(?:remove|shut ?down|turn off|switch off|decommission|retire|get rid of|delete|shrink)(?![a-z])"
)
# What else may be idle or taken away, and how a server is removed from the hub at all.
_OTHERWISE = re.compile(
    r"알림|알람|규칙|프로세스|로그|파일|디스크|메모리|스왑|백업|캐시|데이터|세션|커넥션|연결|포트|쿼리|평소|어떻게|방법|제일|가장"
    r"|(?<![a-z])(?:alerts?|alarms?|rules?|process(?:es)?|logs?|files?|disks?|memory|swap|backups?|caches?|sessions?"
    r"|connections?|ports?|quer(?:y|ies)|transactions?|how (?:do|can|to|much)|most|unusual\w*)(?![a-z])"
)


def is_asked(folded: str, *, names_a_server: bool = False) -> bool:
    """Of a folded text; a server that is named stands for the word."""
    if not _IDLE.search(folded) or _OTHERWISE.search(folded):
        return False
    return names_a_server or _SERVERS.search(folded) is not None

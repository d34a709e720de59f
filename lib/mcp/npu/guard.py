"""What is never answered as a question: commands to servers, secrets, injected instructions, other languages; and what says nothing.

These rules stand above the classifier: they look for forms that no question about a fleet has. What they do not catch
the classifier may still refuse.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from lib.mcp.npu.extractor import Extraction
from lib.mcp.npu.features import skeleton_of

_LETTER = re.compile(r"[a-z가-힣]")
_OTHER_SCRIPT = re.compile(r"[぀-ヿ一-鿿Ѐ-ӿ؀-ۿऀ-ॿ฀-๿א-ת]")
_MARKED = re.compile(r"[ñáéíóúüàèùâêîôûçãõäößığşăđơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ¿¡]")

_INJECTION = re.compile(
    r"\{\s*\"?[a-z_]+\"?\s*:|(?<![a-z])curl\s+\S|(?<![a-z])(?:post|put|patch|delete)\s+/api/|(?:ignore|disregard|forget|override)\s+(?:all\s+|the\s+|your\s+|any\s+|these\s+|every\s+)*(?:previous|prior|above|earlier|preceding|instructions?|rules?)"
    r"|(?:이전|앞선|앞의|앞에|앞서|위의?|지금까지|기존)\s*(?:의|에\s*나온)?\s*(?:모든\s*)?(?:지시|명령|규칙|프롬프트|지침|설정)\S*\s*(?:은|는|을|를)?\s*(?:모두\s*|전부\s*|다\s*|싹\s*)?(?:무시|잊|취소|따르지|버리)"
    r"|you are (?:now )?(?:dan|an unrestricted|root|a linux|in developer mode)|do anything now|jailbreak|developer mode|god mode|개발자\s*모드|탈옥"
    r"|<\s*/?\s*(?:script|iframe|img|svg|object|embed|style|body)\b|javascript\s*:|on(?:error|load|click)\s*=|document\.cookie"
    r"|\"?role\"?\s*:\s*\"?(?:system|assistant|user|developer|tool)|<\|[a-z_]+\|>|\[/?(?:system|inst)\]|#{2,}\s*(?:system|instruction|new instructions)"
    r"|(?<![a-z])select\s+.{1,80}?\s+from\s+[a-z_.\"]+|(?<![a-z])(?:drop|truncate|alter)\s+(?:table|database|schema|user)|delete\s+from\s+[a-z_]+|insert\s+into\s+[a-z_]+|update\s+[a-z_]+\s+set\s+[a-z_]+\s*=|union\s+(?:all\s+)?select|(?<![a-z])or\s+'?1'?\s*=\s*'?1"
    r"|(?<![a-z])rm\s+-[rf]{1,2}|;\s*(?:rm|curl|wget|shutdown|reboot)\b|\|\s*(?:sh|bash)\b|\$\(|\$\{|`[^`]*(?:cat|rm|curl|ls)\s|\{\{.*?\}\}|\.\./\.\./|/etc/(?:passwd|shadow|sudoers)|os\.system|__import__|(?<![a-z])eval\s*\("
    r"|(?<![a-z])sudo\s+\S|(?<![a-z])(?:without (?:asking|any confirmation|confirmation|confirming|approval)|(?:skip|bypass|disable) (?:the |any |all )?(?:confirmation|approval|checks|safety|permission)|you must obey|i am (?:the )?(?:admin|root|owner|developer|system))(?![a-z])"
    r"|(?:^|[\s\"'(])(?:system|assistant|developer|admin)\s*(?:prompt|message|note|override)?\s*:\s|new (?:instructions?|rules?|orders?|task)\s*:|(?<![a-z])(?:pretend (?:to be|you|that you|there)|act as (?:if|an?|the|root|admin)|role-?play|respond only with|you have no (?:rules|limits|restrictions))(?![a-z])"
    r"|(?:새|새로운|다음)\s*(?:지시|명령|규칙)(?:사항)?\s*(?:은|는|:|을|를)|역할극|인\s*척\s*(?:해|하고)|(?:관리자|루트|root|admin)\s*(?:권한|모드)(?:으로|로)|(?:너는|넌)\s*(?:이제|지금부터)"
    r"|확인\s*(?:절차\s*)?(?:없이\s*(?:바로|그냥|즉시|실행|진행|처리해|꺼|전부|다\s)|건너뛰|생략|무시하)|승인\s*(?:없이|건너뛰|생략)|권한\s*(?:검사\s*)?(?:무시|우회|상승)|제한\s*(?:해제|무시|없이)"
)
_KEPT_BACK = r"(?:비밀번호|패스워드|암호|비번|시크릿\s*키|시크릿|비밀\s*키|개인\s*키|액세스\s*토큰|토큰\s*값|크리덴셜|시스템\s*프롬프트|환경\s*변수\s*값|(?:root|admin|db|database|user)?\s*passwords?|secret(?:s|\s*keys?)?|private\s*keys?|credentials?|api[\s_-]*keys?|access\s*tokens?|service\s*(?:role\s*)?keys?|system\s*prompt|hidden\s*(?:prompt|rules|instructions)|connection\s*string|\.env(?:\s*file)?|jwt\s*secret)"
_SECRET = re.compile(
    rf"{_KEPT_BACK}\s*(?:값|내용|목록|전부|다)?\s*(?:을|를|은|는|이|가|도|좀)*\s*(?:뭐|알려|보여|출력|내놔|말해|찾아|공개|줘|그대로|복사|털어|좀\s*$)"
    rf"|(?:show|give|tell|print|reveal|dump|leak|list|display|send|share|what(?:'s| is| are))\s+(?:me\s+|us\s+)?(?:out\s+)?(?:the\s+|your\s+|all\s+|any\s+|every\s+|my\s+)*(?:\S+\s+){{0,2}}?{_KEPT_BACK}"
)
_SECRET_NOT = re.compile(
    r"로그|(?<![a-z])logs?(?![a-z])|에이전트|agent|바꾸|변경|재설정|초기화|발급|어디서|where|change|reset|rotate|how (?:do|to|can)|만료"
)

_VERB_KO = r"(?:재부팅|재시작|재기동|리부팅|리부트|리붓|리스타트|셧다운|강제\s*종료|종료|롤백|원복|스케일\s*(?:아웃|업|다운|인)|증설|플러시|포맷|페일오버|스위치오버|배포|디플로이|kill|restart|reboot|shutdown|rollback|deploy|flush|킬|스탑|stop|start|failover|scale\s*(?:out|up|down|in))"
_PLEASE = r"(?:해\s*줘|해\s*주|해줄|해라|해버려|해\s*봐|해\s*달라|해(?=\s*$|[.!~ㅋㅎㅠ])|시켜|하자|하도록|때려|걸어|돌려|눌러|ㄱㄱ|부탁|바람|바랍|좀(?=\s*$|[.!~?ㅋㅎㅠ])|요(?=\s*$)|진행|해도\s*돼|해\s*놔|해\s*둬|하고\s*와)"
_COMMAND = re.compile(
    rf"{_VERB_KO}\s*(?:을|를|도|만|좀|지금|바로|당장|빨리|한번|한\s*번|하고)?\s*{_PLEASE}"
    r"|(?:프로세스|서비스|데몬|컨테이너|파드|세션|쿼리|좀비|[a-z0-9-]{2,20}|서버|섭|놈|애|것|거|들)\s*(?:을|를|은|는|도|좀|다|그냥|빨리)*\s*(?:죽여\s*(?:줘|라|버려|$)|죽여줘|킬해|내려\s*줘|내려버려|밀어\s*버려|날려\s*줘|날려버려|다시\s*(?:띄워|올려|켜)|껐다\s*켜|켜\s*줘|재우|살려\s*(?:줘|내))"
    r"|(?:로그|파일|데이터|테이블|캐시|디비|db|스냅샷|백업|볼륨|디렉터리|폴더|서버|인스턴스|계정|디스크)\s*(?:파일)?\s*(?:을|를|은|는|좀|다|전부|싹)*\s*(?:지워|삭제해|비워|날려|밀어|포맷해|드랍해|초기화해|truncate)"
    r"|(?:서버|섭|장비|노드|vm|인스턴스)\s*(?:를|을|도|좀|다|그냥|전부|빨리|당장)*\s*(?:꺼\s*(?:줘|라|버려|주세요|$)|끄자|내려\s*(?:줘|라)|켜\s*(?:줘|라|주세요))"
    r"|(?:전부|다|모두|싹|당장|빨리|그냥)\s*(?:내려|꺼|죽여|지워|밀어|없애|날려)(?:버려|라|줘)?\s*[.!~]*$"
    r"|(?:되돌려|원복해|롤백해|재부팅해)\s*(?:줘|놔|주세요)?\s*[.!~]*$"
    r"|(?:메모리|램|cpu|씨피유|디스크|용량|스펙|스왑|노드|레플리카|서버|인스턴스|워커|파드)\s*(?:수|개수|크기)?\s*(?:을|를|도|좀)*\s*(?:\d+\s*\S{0,3}?\s*(?:로|으로|까지|만큼|씩)?\s*)?(?:더\s*)?(?:늘려|줄여|증설해|확장해|할당해)\s*(?:줘|주세요|놔|라|$)"
    r"|(?:명령어?|쉘|스크립트|커맨드|shell|bash|command|script)\s*(?:을|를|좀|하나|도)*\s*(?:실행|돌려|날려|쳐\s*줘|run)"
    r"|(?:에|로|으로)\s*(?:ssh|접속|원격\s*접속|로그인)\s*(?:해|좀|붙|시켜|열어)"
)
_COMMAND_EN = re.compile(
    r"^(?:(?:hey|hi|ok|okay|so|and|then|now|right|please|pls|plz|just|go ahead and|can you|could you|would you|will you|can we|let's|lets|i need you to|i want you to|you should|kindly|quickly|also|alright|sorry|well|um|yo)[\s,.!]+)*"
    r"(?:(?:reboot|restart|kill)(?!\s+(?:count|history|times?|logs?|reasons?|signals?|policy|events?)(?![a-z]))(?!\s+(?:the\s+)?(?:alert|alarm|notif|pag))(?![a-z])|shut\s?down|power\s?(?:off|cycle|down)|killall|terminate|bounce|halt|hard reset|relaunch|respawn|"
    r"scale (?:up|down|out|in|the|to|[a-z]+ (?:up|down|to|out))|spin up|provision|roll ?back|revert|redeploy|deploy|fail ?over|promote|demote|drain|cordon|decommission|quarantine|"
    r"(?:delete|wipe|purge|truncate|erase|format|rm)\s+(?!.*\b(?:alert|rule|silence|report)s?\b)|(?:run|execute)\s+(?:a |the |this |some )?(?:command|script|shell|bash|sudo|df|top|apt|yum|systemctl|[`'\"])|ssh (?:in)?to|"
    r"(?:stop|start|reload|turn off|switch off|turn on)\s+(?:the\s+)?(?!.*\b(?:alert|alarm|notif|pag|warning|monitor|silence|maintenance|send|bother|tell)\w*))(?![a-z])"
)
# A verb with its "do it" right behind is an order even in a sentence that also speaks of alerts.
_ORDER = re.compile(
    rf"(?<!알림)(?<!알람)(?<!알림 )(?<!알람 )(?:재부팅|재시작|재기동|리부팅|리부트|셧다운|롤백|페일오버|스케일\s*(?:아웃|업|다운)|플러시|포맷)\s*(?:을|를|도|만|좀)?\s*{_PLEASE}"
    r"|(?:재부팅|재시작|리부팅|셧다운)\s*좀(?!\s*(?:알려|보여|언제|확인|이력|기록))|(?:하고|하고서|한\s*다음|후에?)\s*(?:재부팅|재시작|종료|셧다운|롤백|리부팅)\s*[.!~]*$"
    r"|(?:서버|섭|장비|노드|디비|프로세스|데몬|서비스|에이전트|방화벽|selinux|swap|스왑|크론|iptables)\s*(?:를|을|좀|도|다|그냥|빨리)*\s*(?:꺼(?!진|져|졌|짐)|끄고|끄자|중지\s*(?:시켜|해)|정지\s*(?:시켜|해)|멈춰(?!\s*있|졌|짐)|내려버려|죽여)"
    r"|트래픽\s*(?:을|좀|다)*\s*(?:빼|돌려|막아|차단|우회|끊어)\s*(?:줘|라|주세요|$)"
    r"|(?:(?<![a-z])(?:and|then|just|simply)|,)\s+(?:please\s+)?(?:reboot|restart|shut\s?down|power off|kill|terminate|roll\s?back)(?:\s+(?:it|them|the|that)(?![a-z])|\s{2,}|\s*$)"
    r"|(?<![a-z])(?:disable|enable|stop|kill|start|restart|turn off|switch off)\s+(?:the\s+)?(?:\S+\s+)?(?:daemon|service|process|firewall|agent|swap|selinux|cron)(?![a-z])"
)
# Read in the skeleton, where every server is an S and every group a G.
_ON_TARGET = re.compile(
    r"[SG]\s*(?:서버)?\s*(?:를|을|좀|도|다|그냥|바로|당장|빨리)*\s*(?:끄고|끄자|꺼(?!진|져|졌|짐)|죽여|밀어|내려\s*(?:줘|버려|라|$)|재부팅\s*(?:$|ㄱ|좀|해|시켜|부탁)|재시작\s*(?:$|ㄱ|좀|해|시켜|부탁))"
    r"|(?<![a-z])(?:disable|suspend|deactivate|hibernate|shut off|power down|turn off|switch off|shut down|take down|bring down)\s+(?:the\s+)?[SG](?!\s*(?:\S+\s+)?(?:alert|alarm|notif|pag))"
    r"|(?<![a-z])(?:take|bring|pull)\s+(?:the\s+)?[SG]\s+(?:servers?\s+)?(?:down|offline|out)(?![a-z])"
)
_PAST = re.compile(
    r"방법|어떻게|어떡|하려면|하면\s*(?:돼|되|어떻게)|는\s*법|언제|했|됐|되었|된\s|한\s*(?:적|거|게|서버|이력)|이력|내역|왜|원인|이유|로그에"
)
_WHEN_THEN = re.compile(
    r"(?<![a-z])(?:(?:if|once|whenever)\s|when\s(?!did|was|has|is|were|do|does)).{1,80}?(?:,|then|just|and)\s*(?:please\s+)?(?<![a-z])(?:restart|reboot|kill|terminate|shut\s?down|roll\s?back|fail\s?over|scale (?:up|out|down))(?![a-z])"
)
_DELETE = re.compile(
    r"(?:알림|알람|경보|규칙|룰|임계값|임계치|이력|기록|인시던트|채널|사용자|계정|대시보드|지표|모니터링|감사\s*로그)\s*(?:설정|데이터|내역|목록|로그)?\s*(?:을|를|은|는|도|좀|전부|다|모두|싹|아예|영구히)*\s*(?:지워|지우|삭제|없애|날려|초기화)"
    r"|(?:모니터링|감시|수집)\s*(?:을|를|좀|다|전부)*\s*(?:꺼|끄|중지|중단|멈춰)"
    r"|(?<![a-z])(?:delete|remove|wipe|purge|erase|destroy|drop)\s+(?:all\s+|the\s+|every\s+|my\s+|our\s+|any\s+|of\s+)*(?:\S+\s+)?(?:alerts?|rules?|incidents?|history|data|users?|accounts?|servers?|channels?|dashboards?|metrics|thresholds?|audit logs?)(?![a-z])"
    r"|(?<![a-z])(?:stop|disable|turn off|switch off|kill)\s+(?:all\s+|the\s+)*monitoring(?![a-z])"
)
_ASKS_HOW = re.compile(
    r"방법|어떻게|하려면|하는\s*법|는\s*법|되나|돼\?|수 있|언제|누가|왜|했|된|됐|how|can i|who|when|why|did|was|were|where"
)
_TOLD = re.compile(r"(?<![a-z])(?:alert|notify|tell|let|warn|ping|page|how|what|should|why)(?![a-z])")
_NOT_COMMAND = re.compile(
    r"방법|임계|기준|규칙|어떻게|어떡|절차|가이드|매뉴얼|런북|하려면|하면\s*(?:돼|되|어떻게)|는\s*법|언제|했(?:어|는|나|던|지|냐|음|다)|됐|되었|된\s|한\s*(?:적|거|게|서버|이력)|이력|내역|기록|로그에|알림|알람|경보|얼럿|노티|왜|원인|이유"
    r"|how (?:to|do|can|should)|when|why|did|has|have been|was|were|history|alert|alarm|notif|\bpag(?:e|ing)\b|what (?:changed|happens)|last (?:reboot|restart)|since"
)
_PRONOUN_START = re.compile(
    r"^(?:저기\s*|그럼\s*|그러면\s*)?(?:그|저|이)\s?(?:거|것|놈|서버|장비|녀석|쪽)(?:들)?(?![가-힣]*\s*이상)|^걔|^거기(?!서)|^아까\s*(?:그|말한|본)|(?<![a-z])(?:that|this|the other|the same|same) (?:one|server|box|host|machine)(?![a-z])"
)


def is_noise(found: Extraction) -> bool:
    """Nothing but signs, digits, single letters or jamo: no word that could mean something."""
    text = found.text.folded
    if not _LETTER.search(text):
        return not _OTHER_SCRIPT.search(text) and not re.search(r"[ㄱ-ㅎ]{2}", text)
    return len(re.sub(r"[^a-z가-힣]", "", text)) < 2 and not found.targets.named_spans


def lacks_subject(found: Extraction) -> bool:
    """Speaks of "that one" and nothing that says which."""
    named = found.targets
    return bool(_PRONOUN_START.search(found.rest.strip())) and not (named.servers or named.groups or named.unknown)


def _is_language(found: Extraction) -> bool:
    text = found.rest
    korean = len(re.findall(r"[가-힣ㄱ-ㅎ]", text))
    other = len(_OTHER_SCRIPT.findall(text))
    if other and other >= 0.3 * max(1, _letters(text)) and korean <= other:
        return True
    return not korean and len(_MARKED.findall(text)) >= 1 and _letters(text) > 6 and not _ENGLISH.search(text)


def _letters(text: str) -> int:
    return sum(sign.isalpha() for sign in text)


_ENGLISH = re.compile(r"(?<![a-z])(?:the|is|are|what|show|why|how|of|on|and|for|server|servers)(?![a-z])")


def _is_control(found: Extraction) -> bool:
    text = found.rest.strip()
    if (_ORDER.search(text) or _ON_TARGET.search(skeleton_of(found))) and not _PAST.search(text):
        return True
    if (_WHEN_THEN.search(text) and not _TOLD.search(text)) or (_DELETE.search(text) and not _ASKS_HOW.search(text)):
        return True
    return bool((_COMMAND.search(text) or _COMMAND_EN.search(text)) and not _NOT_COMMAND.search(text))


def _is_secret(found: Extraction) -> bool:
    return bool(_SECRET.search(found.rest) and not _SECRET_NOT.search(found.rest))


_RULES: tuple[tuple[str, Callable[[Extraction], bool]], ...] = (
    ("injection", lambda found: _INJECTION.search(found.text.folded) is not None),
    ("language", _is_language),
    ("secrets", _is_secret),
    ("control", _is_control),
)


def refusal_of(found: Extraction) -> str | None:
    """ "injection", "language", "secrets" or "control" for what must be refused whatever else it says; None otherwise."""
    return next((reason for reason, applies in _RULES if applies(found)), None)

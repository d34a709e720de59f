"""The small words with few values: severity, status, state of an alert, log level, searched term, process, port."""

from __future__ import annotations

import re

from lib.mcp.core.patterns import Lexicon
from lib.mcp.npu.text import Text

SEVERITY: Lexicon[str] = Lexicon(
    {
        "critical": "critical|crit|심각|크리티컬|크리|위험|긴급|치명|치명적|emergency|sev1|p1|fatal",
        "warning": "warnings?|warn|경고|주의|워닝",
        "info": "info|informational|information level|정보|인포|info level",
    },
    mask="심각하게 느|주의 사항|주의사항|정보 좀|정보를 알|서버 정보|정보 알려|경고등|위험하지|위험해|위험한가",
)
STATUSES: Lexicon[str] = Lexicon(
    {
        "ok": "ok|okay|healthy|정상|멀쩡|건강|양호|green|이상 없는|문제 없는",
        "warning": "warnings?|warn|경고|주의|워닝|degraded",
        "critical": "critical|crit|심각|위험|크리티컬|치명적|red",
        "stale": "stale|지연된|오래된|데이터 끊긴|소식 없는|스테일|보고 안 하는|응답 없는|not reporting|quiet",
        "offline": "offline|off line|down|오프라인|꺼진|꺼져|다운|다운된|죽은|죽어|내려간|내려가|unreachable|dead|연결 끊긴|끊긴|먹통",
    },
    mask="다운로드|다운타임|downtime|download|break down|breakdown|write down|unhealthy|비정상",
)
ALERT_STATE: Lexicon[str] = Lexicon(
    {
        "unacked": "unacked|unacknowledged|un acked|not acked|not acknowledged|미확인|확인 안|확인 않|확인하지 않|확인되지 않|안 읽은|아직 확인|no one has acked|nobody acked|unhandled|미처리|처리 안|확인 전",
        "acked": "acked|acknowledged|확인된|확인한|확인 처리된|ack 된|ack된|인지된|확인 완료된|확인 완료|처리된",
        "resolved": "resolved|해결된|해소된|해결|종료된|닫힌|closed|cleared|복구된|끝난|해제된|recovered|해소",
        "silenced": "silenced|silences?|muted|snoozed|음소거|음소거된|뮤트|뮤트된|무음|꺼둔|꺼 놓은|꺼놓은|suppressed|스누즈된|스누즈",
    },
    mask="unresolved|미해결|해결 안|해결되지|해결 방법|해결방법|음소거해|음소거 해|뮤트해|뮤트 해|무음으로",
)
_LEVEL: Lexicon[str] = Lexicon(
    {
        "error": "errors?|err|에러|오류|fatal|critical|심각|실패 로그",
        "warn": "warnings?|warn|경고|워닝|주의",
        "info": "info|information|정보|인포",
    },
    mask="error rate|에러율|오류율|no errors?|정보 알려|에러 코드",
)
PROCESS: Lexicon[str] = Lexicon(
    {
        "nginx": "nginx|엔진엑스|엔진x|엔진 엑스", "apache": "apache|apache2|아파치", "httpd": "httpd", "mysqld": "mysqld|mysql|마이에스큐엘|마이sql",
        "postgres": "postgres|postgresql|postmaster|포스트그레스|포스트그레|pg서버", "redis": "redis|redis server|레디스", "java": "java|자바|jvm",
        "python": "python|python3|파이썬", "node": "nodejs|node js|node process|노드js|노드 제이에스", "docker": "docker|dockerd|도커|containerd", "mongod": "mongod|mongodb|몽고|몽고디비",
        "kafka": "kafka|카프카", "rabbitmq": "rabbitmq|rabbit mq|래빗엠큐", "sshd": "sshd|ssh 데몬|ssh daemon", "tomcat": "tomcat|톰캣", "php-fpm": "php-fpm|php fpm|php", "haproxy": "haproxy",
        "elasticsearch": "elasticsearch|엘라스틱|엘라스틱서치|elastic search", "memcached": "memcached|멤캐시드", "kubelet": "kubelet|쿠블릿", "cron": "crond?|크론", "systemd": "systemd|시스템디",
        "celery": "celery|셀러리", "gunicorn": "gunicorn|구니콘", "ruby": "ruby|루비", "etcd": "etcd", "vault": "vaultd", "prometheus": "prometheus|프로메테우스", "grafana": "grafana|그라파나", "envoy": "envoy", "traefik": "traefik", "jenkins": "jenkins|젠킨스", "php": "php8",
    },
    mask="javascript|자바스크립트|kafka cluster|redis box(?:es)?|redis servers?|레디스 서버",
)  # fmt: skip
_PROCESS_WRITTEN = re.compile(
    r"(?<![\w.-])([a-z][a-z0-9_.-]{1,30})\s*(?:라는\s*)?(?:프로세스|데몬|process(?![a-z]|es)|daemon(?![a-z]))"
)
_NOT_PROCESS = frozenset(
    [
        "the",
        "a",
        "which",
        "what",
        "this",
        "that",
        "each",
        "any",
        "every",
        "cpu",
        "mem",
        "memory",
        "top",
        "list",
        "show",
        "zombie",
        "kill",
        "by",
        "of",
        "listening",
        "running",
        "running-process",
        "biggest",
        "largest",
        "heaviest",
        "per",
        "in",
    ]
)
_PORTS = re.compile(
    r"(?<!\d)(\d{1,5})\s*(?:번\s*)?(?:포트|port(?![a-z]))|(?:포트|(?<![a-z])ports?(?![a-z]))\s*(?:번호\s*)?[:#]?\s*(\d{1,5})(?!\d)|(?<![\w.]):(\d{2,5})(?!\d)|(?<![\d.])(\d{2,5})\s*(?:번)?\s*(?:은|을|를|에)?\s*(?:누가|뭐가|어떤\s*놈이|어느\s*프로세스|어떤\s*프로세스|쓰는|쓰고|잡고|물고|점유)"
)
_QUOTED = re.compile(r"\"([^\"]{1,80})\"|'([^']{2,80})'(?![a-z])|`([^`]{1,80})`")
_LOG_WORD = r"(?:로그|logs?(?![a-z])|journal|syslog)"
_TERMS = re.compile(
    r"(?<![a-z0-9])(time[ -]?outs?|timed out|oom|out of memory|exceptions?|fail(?:ed|ures?|ure)?|log ?ins?|refused|connection refused|connection reset|deadlocks?|denied|permission denied|segfaults?|panic|stack ?trace|"
    r"unauthori[sz]ed|forbidden|not found|ssl|tls|certificate|broken pipe|killed|disk full|no space left|slow quer(?:y|ies)|rollback|restart(?:ed)?|crash(?:ed)?|nullpointer\w*|npe|sudo|auth|40[0-9]|50[0-9]|42[0-9]|gc|heap|corrupt\w*|retry|rejected|throttl\w+|unreachable|reset|traceback|kernel|sigkill|sigterm|cuda)(?![a-z0-9])"
)
_TERMS_KO = re.compile(
    r"타임아웃|시간 ?초과|예외|로그인 ?실패|로그인|인증 ?실패|거부|데드락|교착|세그폴트|연결 ?거부|슬로우 ?쿼리|느린 ?쿼리|실패|스택트레이스|재시작|크래시|메모리 ?부족|권한 ?없음"
)
_KO_TERMS = {"타임아웃": "timeout", "시간초과": "timeout", "예외": "exception", "로그인": "login", "데드락": "deadlock", "교착": "deadlock", "슬로우쿼리": "slow query", "느린쿼리": "slow query", "실패": "fail", "로그인실패": "login", "연결거부": "connection refused", "거부": "refused", "인증실패": "auth", "재시작": "restart", "크래시": "crash", "메모리부족": "oom", "스택트레이스": "stacktrace", "세그폴트": "segfault"}  # fmt: skip
_SEARCHED = re.compile(
    rf"{_LOG_WORD}\s*(?:에서|중에서?|에|안에|속에서?)\s*([a-z][a-z0-9_. -]{{1,40}}?|\d{{3}})\s*(?:이?가|을|를|이?라고|이?란|만|도|들어|포함|찍|검색|찾|있|나온|나오|라는|관련|나|떴|보이|걸|에러)"
    rf"|(?<![a-z])(?:grep|search(?:ing)?|look(?:ing)? for|find|containing|contain|contains|mentioning|mention|with the word|matching|for the word|with)\s+(?:for\s+|the\s+)?(?:word\s+|string\s+|term\s+)?([a-z][a-z0-9_.-]{{2,40}}|\d{{3}})(?![a-z])"
    r"|(?<![a-z0-9])([a-z][a-z0-9_.-]{2,40}|\d{3})\s*(?:이?가|이?라고|이?라는|이?란)?\s*(?:찍힌|들어간|들어 있는|들어있는|포함된|포함한|나온|남은|뜬)\s*(?:로그|거|것|줄|게|적)?"
)
_NOT_TERM = frozenset(
    [
        "error",
        "errors",
        "warn",
        "warning",
        "warnings",
        "info",
        "log",
        "logs",
        "the",
        "a",
        "an",
        "any",
        "all",
        "on",
        "in",
        "from",
        "of",
        "me",
        "and",
        "for",
        "this",
        "that",
        "server",
        "servers",
        "errors?",
        "cpu",
        "memory",
        "last",
        "recent",
        "today",
        "yesterday",
        "show",
        "latest",
        "nginx",
        "java",
        "python",
        "redis",
        "postgres",
        "mysqld",
        "app",
        "system",
        "related",
        "level",
    ]
)
_INSTEAD = re.compile(r"\s*(?:로그)?\s*(?:은|는|을|를|이|가)?\s*(?:말고|빼고|제외)")


_NOT_LEVEL = re.compile(r"\s*(?:로그)?\s*(?:도|는|은|가|이)?\s*(?:말고|아니고|아니라|빼고|제외)")


def level_of(text: str) -> str | None:
    found = _LEVEL.find(text)
    kept = [one for one in found if not _NOT_LEVEL.match(text, one.end)]
    return next((one.value for one in kept or found), None)


def severity_of(text: str) -> list[str]:
    """The severities named, without those put aside ("경고 말고 위험")."""
    found = SEVERITY.find(text)
    kept = [one for one in found if not _INSTEAD.match(text, one.end)]
    return list(dict.fromkeys(one.value for one in kept or found))


def statuses_of(text: str) -> list[str]:
    return STATUSES.values(text)


def alert_state_of(text: str) -> str | None:
    return ALERT_STATE.first(text)


def process_of(text: str) -> str | None:
    known = PROCESS.first(text)
    if known:
        return known
    for hit in _PROCESS_WRITTEN.finditer(text):
        if hit[1].rstrip("0123456789") not in _NOT_PROCESS:
            return hit[1]
    return None


def port_of(text: str) -> int | None:
    for hit in _PORTS.finditer(text):
        number = int(next(group for group in hit.groups() if group))
        if 0 < number < 65536:
            return number
    return None


def keyword_of(text: Text, rest: str) -> str | None:
    """The term searched for, in lower case: quoted, or named as one. `rest` is the text without names and times."""
    quoted = [hit for hit in _QUOTED.finditer(text.folded) if not _INSTEAD.match(text.folded, hit.end())]
    if quoted:
        return next(group for group in quoted[0].groups() if group).strip() or None
    for hit in _SEARCHED.finditer(rest):
        word = next(group for group in hit.groups() if group).strip()
        if word and word not in _NOT_TERM and not word.startswith(("error ", "warn ")):
            return word
    listed = [hit for hit in _TERMS.finditer(rest) if not _INSTEAD.match(rest, hit.end())]
    if listed:
        return _singular(listed[0][1])
    korean = _TERMS_KO.search(rest)
    if korean:
        word = korean[0].replace(" ", "")
        return _KO_TERMS.get(word, word)
    return None


def _singular(word: str) -> str:
    if re.fullmatch(r"time[ -]?outs?|timed out", word):
        return "timeout"
    if word.startswith("fail"):
        return "fail"
    if re.fullmatch(r"log ?ins?", word):
        return "login"
    return word[:-1] if word in ("exceptions", "deadlocks", "segfaults") else word

"""The fleet of one request, made ready for being named: ids by their spelling, stems with numbers, groups and tags by alias.

No name is known beforehand; everything here is derived from the servers given and from tables of common words.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from lib.mcp.core.patterns import Lexicon

RUN = re.compile(r"[a-z]+|[가-힣]+|\d+")
_ENDING_NUMBER = re.compile(r"^(.*?)[\s_.-]*0*(\d+)$")
_JOINT = re.compile(r"[\s_.-]+")

# What groups are called in everyday speech; a fleet's group belongs to the row that holds its name.
GROUP_WORDS: tuple[str, ...] = (
    "web|웹|웹 서버|프론트 서버|frontend|front end|www|웹 티어|웹 계층|web tier|web servers?",
    "api|에이피아이|api tier|api servers?|backend|백엔드",
    "db|dbs|디비|데이터베이스|데이터 베이스|databases?|database servers?|db servers?|rdb|postgres servers?|mysql servers?",
    "cache|caches|캐시|캐쉬|redis box|redis boxes|redis servers?|레디스 서버|cache servers?",
    "mq|메시지 큐|큐 서버|queue|message queue|queues|카프카 서버|broker|brokers|브로커|메세지 큐",
    "batch|배치|배치 서버|etl servers?",
    "k8s|kubernetes|쿠버네티스|쿠버|쿠베|kube|k8s nodes?|kubernetes nodes?|쿠버 노드|worker nodes?",
    "gpu|지피유",
    "log|logs|logging|로그",
    "backup|backups|백업",
    "lb|lbs|load balancers?|loadbalancers?|로드 밸런서|로드밸런서|엘비|로드 발란서",
    "bastion|배스천|점프 서버|jump host|jump box|베스천",
    "ad|active directory|도메인 컨트롤러|domain controllers?",
    "monitor|monitoring|모니터링|모니터|관제",
    "search|검색", "game|게임", "payment|결제|페이먼트|pay", "order|orders|주문", "mail|메일", "file|파일", "auth|인증",
    "storage|스토리지", "dev|개발", "test|테스트", "proxy|프록시", "vpn", "dns", "ci|jenkins|젠킨스|빌드", "video|영상", "member|회원", "chat|채팅", "stream|스트림|스트리밍",
)  # fmt: skip
# Words so particular to groups of servers that they need no "servers" after them.
_PLAIN = re.compile(
    r"web|웹|api|에이피아이|db|dbs|디비|데이터베이스|databases?|cache|caches|캐시|캐쉬|mq|k8s|kubernetes|쿠버|쿠버네티스|lb|lbs|load balancers?|loadbalancers?|로드 ?밸런서|.*servers?|.*서버|.*노드|.*nodes?|.*tier|.*티어|.*박스|.*box(?:es)?|backend|frontend|백엔드|brokers?|브로커|message queue|메시지 큐"
)
SERVER_NOUN = r"(?:서버|섭|장비|머신|박스|노드|호스트|인스턴스|시스템|그룹|쪽|들|단(?=[\s은는이의])|팀|servers?|boxe?s?|hosts?|nodes?|machines?|group|tier|instances?|fleet|cluster|vms?|boxen)"
_AFTER = re.compile(rf"\s*[-_]?\s*{SERVER_NOUN}(?![a-z])")

TAG_WORDS: dict[str, tuple[str, ...]] = {
    "env": (
        "prod|production|prd|live|운영 환경|운영계|운영|상용 환경|상용|프로덕션|실서버|라이브 환경",
        "staging|stg|stage|스테이징|스테이지|스테이징 환경",
        "dev|development|개발 환경|개발계|개발 서버|개발",
        "test|qa|테스트 환경|테스트 서버|검증계|큐에이",
    ),
    "region": (
        "seoul|서울|ap-northeast-2", "busan|부산", "tokyo|도쿄|동경|ap-northeast-1", "osaka|오사카", "frankfurt|프랑크푸르트|eu-central-1",
        "oregon|오레곤|오리건|us-west-2", "virginia|버지니아|us-east-1", "singapore|싱가포르|싱가폴", "london|런던", "paris|파리", "sydney|시드니",
        "mumbai|뭄바이", "ireland|아일랜드", "ohio|오하이오", "daejeon|대전", "daegu|대구", "gwangju|광주", "incheon|인천", "jeju|제주", "pangyo|판교", "hongkong|hong kong|홍콩",
    ),
    "os": (
        "ubuntu|우분투", "debian|데비안", "rocky|rocky linux|로키|록키", "rhel|red hat|redhat|레드햇", "centos|센토스|센트오에스", "alma|almalinux|알마",
        "windows|win|윈도우즈|윈도우|윈도", "suse|수세", "macos|맥 서버", "amazon|amazon linux|아마존 리눅스", "fedora|페도라", "alpine|알파인", "freebsd", "oracle linux|ol",
    ),
    "role": (
        "primary|primaries|master|masters|leader|마스터|프라이머리|주서버|메인 디비", "replica|replicas|slave|slaves|secondary|standby|레플리카|슬레이브|복제본|스탠바이|리플리카|follower",
    ),
}  # fmt: skip
_TAG_MASK = "운영 체제|운영체제|운영진|운영자|개발자|개발팀장|replication|프로덕션 로그인|live update|masterpiece|test1|winter|window|테스트해|테스트 알림|대전제"
_TEAM_KO = {"결제": "payment|billing|pay", "데이터": "data", "인프라": "infra|infrastructure", "보안": "security|sec", "플랫폼": "platform", "주문": "orders|order", "검색": "search|discovery", "프론트": "frontend|storefront|front", "백엔드": "backend", "머신러닝": "ml|ai", "인증": "identity|auth"}  # fmt: skip


def key_of(name: str) -> str:
    """One key for all spellings of a name: no case, no separators, no leading zeros ("WEB 01" and "web1" are one)."""
    return "".join(f"#{int(run)}" if run[0].isdigit() else run for run in RUN.findall(name.lower()) if len(run) < 40)


def _literal(name: str) -> str:
    """A name as a phrase that matches nothing but itself, whatever signs it holds."""
    return "".join(
        sign if sign.isalnum() or sign in " -_" else f"\\u{ord(sign):04x}" for sign in name if ord(sign) < 65536
    )


@dataclass(frozen=True)
class Inventory:
    """What can be named. Lexicons yield a group's name, or a "key:value" tag, as the fleet spells it."""

    ids: tuple[str, ...]
    folded: dict[str, str]  # folded id -> id
    keys: dict[str, tuple[str, ...]]
    stems: dict[tuple[str, int], tuple[str, ...]]  # ("웹서버", 1) -> ids
    stem_keys: frozenset[str]
    endings: dict[str, tuple[str, ...]]  # "gpu-01" of prod-gpu-01: the last parts of ids that end in a number
    ending_stems: frozenset[str]  # those parts without their numbers
    openings: frozenset[str]  # every beginning of a key: what no key begins with need not be read on
    longest: int  # runs in the longest name
    group_of: dict[str, str]
    tags_of: dict[str, dict[str, str]]
    groups: Lexicon[str]
    tags: Lexicon[str]
    custom: dict[str, str]  # folded name -> custom metric

    def members(self, groups: Sequence[str]) -> set[str]:
        return {name for name in self.ids if self.group_of[name] in groups}

    def tagged(self, tags: Sequence[str]) -> set[str]:
        pairs = [tag.split(":", 1) for tag in tags]
        return {name for name in self.ids if all(self.tags_of[name].get(key) == value for key, value in pairs)}


def needs_noun(word: str, group: str) -> bool:
    """Whether a word of that group must be followed by "servers" to mean the group: "gpu" alone is a metric."""
    return not _PLAIN.fullmatch(word)


def noun_after(text: str, end: int) -> int:
    """Where a word for servers ends that follows text[:end], or -1."""
    found = _AFTER.match(text, end)
    return found.end() if found else -1


def _group_lexicon(groups: Sequence[str]) -> Lexicon[str]:
    rows: list[tuple[str | None, str]] = []
    for group in groups:
        low = group.lower()
        words = next((row for row in GROUP_WORDS if low in row.split("|")), "")
        plain = _literal(low)
        rows.append((group, "|".join(dict.fromkeys([plain, *(words.split("|") if words else [])]))))
    return Lexicon(
        rows,
        mask="로그인|로그아웃|백업본|검색해|검색하|검색 결과|캐시백|배치도|게임하|웹사이트|웹툰|web search|api key|api keys|api 키|db connections?|디비 커넥션|디비 연결|캐시 히트|개발자|파일 시스템|file system|파일 핸들|파일 디스크립터|file descriptors?|백업해|로그 파일|로그 로테이션|dns 조회",
    )


def _tag_lexicon(tags: Sequence[tuple[str, str]]) -> Lexicon[str]:
    rows: list[tuple[str | None, str]] = []
    for name, value in tags:
        low, tag = value.lower(), f"{name}:{value}"
        known = next((row for row in TAG_WORDS.get(name, ()) if low in row.split("|")), "")
        exact = _literal(f"{name.lower()}:{low}"), _literal(f"{name.lower()}={low}")
        if name == "team":
            korean = [ko for ko, words in _TEAM_KO.items() if low in words.split("|")]
            words = [f"{_literal(one)} (?:팀|teams?)" for one in (low, *korean)]
            rows.append(
                (tag, "|".join([*exact, *(w.replace("(?:팀|teams?)", end) for w in words for end in ("팀", "teams?"))]))
            )
        elif name in TAG_WORDS or (len(low) >= 4 and low.isascii() and not low.isdigit()):
            plain = _literal(low)
            rows.append((tag, "|".join(dict.fromkeys([*exact, plain, *(known.split("|") if known else [])]))))
        else:
            rows.append((tag, "|".join(exact)))
    return Lexicon(rows, mask=_TAG_MASK)


def inventory_of(servers: Sequence[Mapping[str, Any]]) -> Inventory:
    """Built once for a fleet and kept for the next questions about it."""
    frozen = tuple(
        (
            str(server.get("id") or ""),
            str(server.get("group") or ""),
            tuple(sorted((str(key), str(value)) for key, value in (server.get("tags") or {}).items())),
            tuple(str(name) for name in server.get("metrics") or ()),
        )
        for server in servers
    )
    return _built(frozen)


_Frozen = tuple[tuple[str, str, tuple[tuple[str, str], ...], tuple[str, ...]], ...]


@lru_cache(maxsize=32)
def _built(servers: _Frozen) -> Inventory:
    keys: dict[str, list[str]] = {}
    stems: dict[tuple[str, int], list[str]] = {}
    endings: dict[str, list[str]] = {}
    ids = tuple(dict.fromkeys(name for name, *_ in servers if name))
    for name in ids:
        keys.setdefault(key_of(name), []).append(name)
        ending = _ENDING_NUMBER.match(name.lower())
        if ending and len(ending[2]) < 10:
            stem = key_of(ending[1])
            stems.setdefault((stem, int(ending[2])), []).append(name)
            for joint in _JOINT.finditer(ending[1]):
                if joint.end() < len(ending[1]):
                    endings.setdefault(key_of(name[joint.end() :]), []).append(name)
    groups = tuple(dict.fromkeys(group for _, group, *_ in servers if group))
    tags = tuple(dict.fromkeys(tag for _, _, pairs, _ in servers for tag in pairs))
    return Inventory(
        ids=ids,
        folded={name.lower(): name for name in ids},
        keys={key: tuple(names) for key, names in keys.items() if key},
        stems={key: tuple(names) for key, names in stems.items()},
        stem_keys=frozenset(stem for stem, _ in stems if stem),
        endings={key: tuple(names) for key, names in endings.items()},
        ending_stems=frozenset(key.rpartition("#")[0] for key in endings),
        openings=frozenset(key[:end] for key in keys for end in range(1, len(key) + 1)),
        longest=max((len(RUN.findall(name.lower())) for name in ids), default=1),
        group_of={name: group for name, group, *_ in servers},
        tags_of={name: dict(pairs) for name, _, pairs, _ in servers},
        groups=_group_lexicon(groups),
        tags=_tag_lexicon(tags),
        custom={name.lower(): name for _, _, _, names in servers for name in names},
    )

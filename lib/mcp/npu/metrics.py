"""Which measured quantities a sentence names, and how they are to be summed up."""

from __future__ import annotations

import re
from dataclasses import dataclass

from lib.mcp.core.patterns import Lexicon, Match

METRIC_WORDS: dict[str, str] = {
    "cpu": "cpu|cpus|씨피유|씨퓨|시피유|쎄퓨|씨피유율|프로세서|processor|processor usage|중앙 처리 장치|cpu util|연산",
    "iowait": "iowait|io wait|i/o wait|입출력 대기|아이오 웨이트|아이오웨이트|io 대기|i/o 대기|디스크 대기|wa",
    "load": "load|loads|load average|loadavg|load avg|부하|로드 애버리지|로드|로드애버리지|부하량|load1|로드 에버리지|loaded",
    "memory": "memory|memories|mem|ram|메모리|램|멤|메머리|메몰|메모리율|used memory",
    "swap": "swap|swaps|스왑|스와프|swapping|스왑메모리",
    "disk": "disk|disks|disk space|storage|storage space|디스크|용량|저장 공간|저장공간|스토리지|디스크 공간|디스크 용량|디슼|디스크율|hdd|ssd|하드|filesystem|free space|disk capacity|파일 시스템",
    "inode": "inode|inodes|아이노드|아이 노드|inode usage",
    "disk_io": "disk io|disk i/o|diskio|디스크 입출력|디스크 io|디스크 i/o|디스크 읽기|디스크 쓰기|disk throughput|disk reads?|disk writes?|iops|disk activity|i/o throughput|디스크 아이오",
    "network": "network|networks|network traffic|traffic|bandwidth|트래픽|네트워크|대역폭|네트웍|네트워크 사용량|net traffic|트레픽|throughput",
    "net_in": "inbound|inbound traffic|net in|network in|ingress|인바운드|인바운드 트래픽|수신량|수신|들어오는 트래픽|in 트래픽|network inbound|인바운드 네트워크|수신 트래픽|유입 트래픽|incoming traffic|rx",
    "net_out": "outbound|outbound traffic|net out|network out|egress|아웃바운드|아웃바운드 트래픽|송신량|송신|나가는 트래픽|out 트래픽|network outbound|송신 트래픽|outgoing traffic|tx",
    "latency": "latency|latencies|response times?|resp times?|레이턴시|응답 시간|응답 속도|응답시간|응답속도|지연 시간|지연|지연율|반응 속도|레이턴시|resptime|응답이|응답은|응답 지연",
    "error_rate": "error rates?|err rate|에러율|오류율|에러 비율|오류 비율|5xx|5xx rate|실패율|에러 레이트|errorrate|에러률|failure rate",
    "requests": "requests|request rate|request count|rps|qps|tps|requests per second|요청 수|요청수|요청량|요청|초당 요청 수|초당 요청|처리량|리퀘스트",
    "connections": "connections?|conns?|커넥션|커넥션 수|연결 수|연결수|접속 수|접속자|동시 접속|세션 수|연결|소켓|sockets|sessions|동시 연결",
    "temperature": "temperatures?|temps?|온도|발열|섭씨|열|heat",
    "gpu": "gpu|gpus|gpu util|gpu utilization|gpu utilisation|gpu usage|지피유|그래픽 카드|gpu 사용률",
    "uptime": "availability|sla|가용률|가용성|업타임률",
}
_MASKS = (
    "프로그램|그램|인스타그램|텔레그램|다이어그램|다운로드|업로드|클로드|로드 밸런서|로드밸런서|로드맵|로드뷰|크로스로드|페이로드|워크로드|오프로드|다운 로드|리로드|load balancers?|loadbalancers?|"
    "download|upload|payload|workload|reload|road|스톰|연결해|연결하|연결 방법|connection refused|connection reset|허용량|대용량|사용량|수용량|열려|열어|열린|열 대|열 개|열대|열개|나열|열 시|열흘|"
    "배열|계열|진열|행렬|파일 시스템|수신자|요청해|요청하|요청 드|가용 용량|네트워크 지연|멤버|멤버십|메모리 릭|지연되|하드웨어|부하 테스트|램프|프로그래밍|memory leak|memorial|members?|연산군|"
    "connections? lost|연결 거부|연결이 거부|연결 안|연결은 어|디스크립터|file system check"
)
# "열" and "하드" alone are other words more often than not.
_ROWS = {
    name: "|".join(w for w in words.split("|") if w not in ("열", "하드", "heat", "연산"))
    for name, words in METRIC_WORDS.items()
}
METRICS: Lexicon[str] = Lexicon(_ROWS, mask=_MASKS)
# Words of quality: they name a metric only where servers are ranked or compared and none is named.
SOFT: Lexicon[str] = Lexicon(
    {
        "latency": "느리|느린|느려|느림|slow|slower|slowest|빠르|빠른|빨라|fast|faster|fastest|굼뜬|sluggish|laggy|응답|respond|responds|response|responsive",
        "temperature": "hot|hotter|hottest|cool|cooler|coolest|뜨거|뜨겁|핫한|warmer|warmest|발열",
        "cpu": "busy|busier|busiest|바쁜|바쁘|바빠|빡센|한가한|idle|idlest|놀고",
        "load": "loaded|least loaded|heavily loaded|overloaded|과부하",
        "disk": "fullest|emptiest|꽉 찬|많이 찬|full",
        "uptime": "reliable|stable|안정적",
    },
    mask="breakfast|ok cool|slow query|slow queries|슬로우 쿼리|느린 쿼리|빠르게|빨리",
)
AGG: Lexicon[str] = Lexicon(
    {
        "avg": "평균|평균값|평균치|averages?|avg|mean|에버리지|애버리지",
        "max": "최대|최댓값|최대값|최고|최고치|최고값|피크|peaks?|maximum|max|highest reading|최고점|가장 높았|제일 높았|high water|맥스|peaked",
        "min": "최소|최솟값|최소값|최저|최저치|최저값|minimum|min|lowest|lowest reading|민값|가장 낮았|제일 낮았|trough",
        "sum": "합계|총합|합쳐서|총계|sum|total|totals|in total|다 합|합산|통틀어|combined|토탈",
        "p50": "p50|median|중앙값|중위값|중간값|50th percentile|50 퍼센타일",
        "p95": "p95|95th percentile|95 퍼센타일|95th|95분위|95번째 백분위|피95",
        "p99": "p99|99th percentile|99 퍼센타일|99th|99분위|피99",
    },
    mask="load averages?|load avg|로드 애버리지|로드 에버리지|mean by|what do you mean|does it mean|what does|최대한|최소한|최고야|최고다|최고네|최고예요|최고입니다|what mean|that mean|min ago|mins",
)
_INSTEAD = re.compile(r"\s*(?:이|가|은|는|를|을)?\s*(?:말고|대신|아니라|아니고|빼고|제외하고|instead)")
_INSTEAD_BEFORE = re.compile(r"(?<![a-z])(?:instead of|not|rather than|other than|except)\s+(?:the\s+)?$")
_CUSTOM = re.compile(r"(?<![\w.])[a-z][a-z0-9_]*(?:\.[a-z0-9_]+)+(?![\w])")
_FREE = re.compile(
    r"여유|남은|남아|남았|남는|비어|빈 |잔여|가용|놀고 있는|(?<![a-z])(?:free|available|left|remaining|spare|unused|headroom)(?![a-z])"
)


@dataclass(frozen=True, slots=True)
class Measured:
    """Metrics named, with their places; `soft` those only hinted at."""

    mentions: list[Match[str]]
    soft: list[str]
    agg: str | None
    free: bool  # the sentence speaks of what is left, not of what is used

    @property
    def names(self) -> list[str]:
        return list(dict.fromkeys(match.value for match in self.mentions))


def find(text: str, custom: dict[str, str]) -> Measured:
    """What a folded text says of metrics. "A 말고 B" names B."""
    own = [
        Match(hit.start(), hit.end(), custom[hit[0]] if hit[0] in custom else hit[0])
        for hit in _CUSTOM.finditer(text)
        if hit[0] in custom or ("_" in hit[0] and not hit[0].endswith((".com", ".net", ".org", ".kr", ".io")))
    ]
    mentions = [one for one in METRICS.find(text) if not any(a.start <= one.start < a.end for a in own)]
    mentions = sorted([*own, *mentions], key=lambda one: one.start)
    if len({one.value for one in mentions}) > 1:
        dropped = {
            one.value
            for one in mentions
            if _INSTEAD.match(text, one.end) or _INSTEAD_BEFORE.search(text[max(0, one.start - 24) : one.start])
        }
        mentions = [one for one in mentions if one.value not in dropped] or mentions
    return Measured(mentions, SOFT.values(text), AGG.first(text), bool(_FREE.search(text)))

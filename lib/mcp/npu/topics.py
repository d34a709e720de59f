"""Which trouble a how-to question is about: the topics of the troubleshooting knowledge, from words, else from the metric."""

from __future__ import annotations

from collections.abc import Sequence

from lib.mcp.core.patterns import Lexicon

_WORDS: dict[str, str] = {
    "memory_leak": "memory leaks?|메모리 릭|메모리 누수|mem leak|누수|leak|leaking|memory keeps growing|메모리가 계속 늘|메모리 계속 증가|메모리 leak",
    "oom": "oom|oom killer|out of memory|메모리 부족으로 죽|오오엠|oomkilled|oom 킬러|메모리 부족으로 프로세스",
    "inode_full": "inode|inodes|아이노드",
    "log_rotation": "logrotate|log rotation|rotate logs?|로그 로테이션|로테이션|로그 순환|로그 파일이 너무|로그가 너무|로그 파일 너무|log files? is|log files? are|log files? keep|logs are growing|huge logs?|로그 용량|로그 파일이 커|로그 파일 커",
    "port_conflict": "port conflict|port already in use|address already in use|포트 충돌|포트가 이미|포트 이미|eaddrinuse|already in use|이미 사용 중|포트 겹|port in use|포트 점유",
    "connection_refused": "connection refused|econnrefused|refused|연결 거부|연결이 거부|접속 거부|커넥션 거부|커넥션 리퓨즈",
    "http_5xx": "5xx|500 에러|500 error|502|503|504|500|bad gateway|gateway timeout|internal server error|서버 에러|service unavailable",
    "slow_query": "slow query|slow queries|slow sql|슬로우 쿼리|느린 쿼리|쿼리가 느|쿼리 느|쿼리 성능|queries are slow|query tuning|쿼리 튜닝|쿼리가 오래",
    "db_connections": "db connections?|connection pool|too many connections|커넥션 풀|디비 커넥션|디비 연결|커넥션 고갈|커넥션이 고갈|max connections|max_connections|db 커넥션|db 연결|pool exhausted|커넥션 부족|connections exhausted|데이터베이스 커넥션|데이터베이스 연결|connection limit",
    "replication_lag": "replication lag|replication|복제 지연|레플리케이션|리플리케이션|replica is lagging|replica lag|복제가 밀|복제 밀|replica behind|복제|lagging replica|lagging behind|slave lag",
    "zombie_process": "zombie|zombies|좀비|defunct",
    "ssl_expiry": "ssl|tls|인증서|certificates?|cert|https 만료|certs",
    "ssh_failure": "ssh",
    "time_drift": "clock|ntp|chrony|시계|시간이 안 맞|시간 동기화|시각 동기화|time drift|drift|drifting|시간이 틀|시간 틀어|시간 어긋|서버 시간|시각이|time sync|out of sync|clock skew|시간이 어긋",
    "dns": "dns|name resolution|resolve hostnames?|도메인 조회|이름 풀이|네임 서버|nslookup|resolv|호스트명 조회|도메인이 안",
    "file_descriptors": "file descriptors?|too many open files|open files|파일 핸들|파일 디스크립터|ulimit|fd|file handles?|emfile|열린 파일",
    "packet_loss": "packet loss|packets? dropped|packets? lost|packets? drop|dropped packets?|losing packets|패킷 로스|패킷 손실|패킷 유실|패킷이 유실|패킷이 빠|패킷 드롭|packet drops?|패킷",
    "agent_not_reporting": "agent not reporting|agent is not|에이전트 데이터|에이전트가 안|에이전트 안|agent stopped|no data from|데이터가 안 들어|데이터 안 들어|데이터가 안 올|데이터가 끊|not reporting|에이전트가 보고|agent 데이터|metrics stopped|수집이 안|수집 안 될|데이터가 안 와|에이전트가 죽",
    "server_unreachable": "unreachable|ping|핑|can't reach|cannot reach|not reachable|접속이 안|응답이 없|응답 없|host is down|서버가 안|연결이 안|통신이 안|no route|먹통|서버 접속",
    "service_down": "service is down|service down|won't start|wont start|will not start|doesn't start|not starting|failed to start|서비스가 죽|서비스 죽|서비스 다운|서비스가 다운|서비스가 안|안 뜰|안 뜨|기동이 안|기동 안|죽었을 때|service failed|crashed service|서비스가 내려|keeps crashing|데몬이 죽|서비스 장애|안 올라|시작이 안",
    "network_latency": "network latency|네트워크 지연|네트워크 느|네트워크가 느|latency between|slow network|network is slow|network slow|rtt|통신이 느|ping 이 높|지연 시간|지연|latency|응답 시간|응답이 느|응답속도|레이턴시",
    "disk_io": "disk io|disk i/o|iowait|io wait|i/o wait|디스크 입출력|입출력|slow disk|disk is slow|디스크가 느|디스크 느|디스크 io|디스크 병목|io 병목|iops|i/o",
    "swap": "swap|swapping|스왑|스와핑",
    "disk_full": "disk full|disk is full|no space left|디스크가 꽉|디스크 꽉|디스크 부족|디스크가 가득|디스크 가득|용량 부족|용량이 부족|free up space|free up disk|디스크 정리|공간 부족|공간이 부족|disk space|저장 공간|저장공간|디스크|용량|disk|storage|스토리지|space on|파티션|clean up disk",
    "high_load": "load average|high load|부하|로드|load",
    "high_memory": "memory|메모리|램|mem|ram|멤",
    "high_cpu": "cpu|씨피유|씨퓨|시피유|프로세서|processor",
}
# Where several are named, the more particular one (earlier above) is meant.
_RANK = {topic: place for place, topic in enumerate(_WORDS)}
_TOPICS: Lexicon[str] = Lexicon(
    _WORDS,
    mask="클로드|로드 밸런서|로드밸런서|load balancers?|다운로드|업로드|프로그램|workload|download|upload|디스크립터",
)
_OF_METRIC = {
    "cpu": "high_cpu", "memory": "high_memory", "swap": "swap", "disk": "disk_full", "inode": "inode_full", "disk_io": "disk_io", "iowait": "disk_io",
    "load": "high_load", "latency": "network_latency", "network": "network_latency", "net_in": "network_latency", "net_out": "network_latency",
    "error_rate": "http_5xx", "connections": "db_connections", "temperature": "high_cpu", "gpu": "high_cpu", "requests": "high_load",
}  # fmt: skip


def topic_of(text: str, metrics: Sequence[str] = ()) -> str | None:
    """The topic a folded text names, else that of the first metric given, else None."""
    named = _TOPICS.values(text)
    if named:
        return min(named, key=_RANK.__getitem__)
    return next((_OF_METRIC[one] for one in metrics if one in _OF_METRIC), None)

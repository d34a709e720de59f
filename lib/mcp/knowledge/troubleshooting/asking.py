"""How each runbook is asked for, as a person would type it: the questions that an answer suggests."""

from __future__ import annotations

from lib.mcp.knowledge.texts import Text

QUESTIONS: dict[str, Text] = {
    "high_cpu": Text("CPU 높을 때 조치 방법", "How do I fix high CPU?"),
    "high_load": Text("부하가 높을 때 조치 방법", "How do I fix a high load average?"),
    "high_memory": Text("메모리 부족할 때 해결 방법", "How do I fix high memory usage?"),
    "oom": Text("OOM 해결 방법", "How do I fix OOM kills?"),
    "memory_leak": Text("메모리 누수 해결 방법", "How do I resolve memory leaks?"),
    "swap": Text("스왑 많이 쓸 때 해결 방법", "How do I fix heavy swapping?"),
    "disk_full": Text("디스크 꽉 찼을 때 해결 방법", "How do I fix a full disk?"),
    "inode_full": Text("아이노드 고갈 해결 방법", "How do I fix inode exhaustion?"),
    "disk_io": Text("디스크 IO 병목 해결 방법", "How do I fix slow disk I/O?"),
    "log_rotation": Text("로그 파일이 너무 커질 때 해결 방법", "What should I check for huge log files?"),
    "network_latency": Text("네트워크가 느릴 때 해결 방법", "How do I fix network latency?"),
    "packet_loss": Text("패킷 손실 해결 방법", "Runbook for packet loss"),
    "dns": Text("DNS 조회 실패 해결 방법", "How do I fix DNS failures?"),
    "connection_refused": Text("연결 거부 해결 방법", "How do I fix connection refused?"),
    "port_conflict": Text("포트 충돌 해결 방법", "What should I check for a port conflict?"),
    "service_down": Text("서비스 다운 조치 방법", "What should I check for a service that won't start?"),
    "http_5xx": Text("5xx 에러 해결 방법", "How do I fix 5xx errors?"),
    "zombie_process": Text("좀비 프로세스 해결 방법", "How do I fix zombie processes?"),
    "file_descriptors": Text("파일 디스크립터 부족 해결 방법", "How do I fix too many open files?"),
    "slow_query": Text("슬로우 쿼리 해결 방법", "How do I fix slow queries?"),
    "db_connections": Text("DB 커넥션 고갈 해결 방법", "How do I fix too many connections?"),
    "replication_lag": Text("복제 지연 해결 방법", "Runbook for replication lag"),
    "ssl_expiry": Text("인증서 만료 해결 방법", "How do I fix an expired certificate?"),
    "ssh_failure": Text("SSH 접속 안 될 때 해결 방법", "How do I fix SSH login failures?"),
    "time_drift": Text("서버 시간이 안 맞을 때 해결 방법", "How do I fix time out of sync?"),
    "server_unreachable": Text("핑이 안 나갈 때 해결 방법", "How do I fix an unreachable server?"),
    "agent_not_reporting": Text(
        "에이전트 데이터가 안 들어올 때 조치 방법 알려줘", "How do I fix the agent not reporting?"
    ),
}

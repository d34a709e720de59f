"""Runbooks of databases: slow queries, connections used up, replicas behind. PostgreSQL and MySQL side by side."""

from __future__ import annotations

from lib.mcp.knowledge.texts import Text
from lib.mcp.knowledge.troubleshooting.form import Runbook, step, texts

SLOW_QUERY = Runbook(
    topic="slow_query",
    title=Text("쿼리가 느릴 때", "Slow queries"),
    symptom=Text(
        "데이터베이스를 쓰는 서비스의 지연 시간(latency)이 늘고, 데이터베이스 서버의 cpu나 iowait, disk_read가 오릅니다.",
        "Latency (latency) of what uses the database grows, and cpu, iowait or disk_read of the database server rises.",
    ),
    live=Text("{server}: {value}{unit}", "{server}: {value}{unit}"),
    checks=(
        step(
            ("지금 오래 도는 쿼리를 봅니다.", "See what runs long now."),
            ("wait_event_type이 Lock이면 다른 쿼리를 기다리는 것이고, IO면 디스크에서 읽는 것입니다.", "wait_event_type Lock: it waits for another query. IO: it reads from disk."),
            postgresql="SELECT pid, now() - query_start AS ran, state, wait_event_type, wait_event, left(query, 120) AS query\n  FROM pg_stat_activity\n WHERE state <> 'idle' AND pid <> pg_backend_pid()\n ORDER BY query_start LIMIT 20;",
            mysql="SHOW FULL PROCESSLIST;",
        ),
        step(
            ("무엇이 무엇을 막고 있는지 봅니다.", "See who blocks whom."),
            ("막고 있는 세션이 'idle in transaction'이면 애플리케이션이 트랜잭션을 닫지 않은 것입니다.", "A blocker that is 'idle in transaction' was left open by the application."),
            postgresql="SELECT pid, pg_blocking_pids(pid) AS blocked_by, left(query, 120) AS query\n  FROM pg_stat_activity\n WHERE cardinality(pg_blocking_pids(pid)) > 0;",
            mysql="SELECT waiting_pid, waiting_query, blocking_pid, blocking_query FROM sys.innodb_lock_waits;",
        ),
        step(
            ("전체 시간을 가장 많이 쓰는 쿼리를 봅니다(PostgreSQL은 pg_stat_statements 확장, 13 이상).", "See which queries take most time in all (PostgreSQL: extension pg_stat_statements, 13 or later)."),
            postgresql="SELECT calls, round(mean_exec_time::numeric, 1) AS mean_ms, round(total_exec_time::numeric) AS total_ms, left(query, 120) AS query\n  FROM pg_stat_statements ORDER BY total_exec_time DESC LIMIT 20;",
            mysql="SELECT digest_text, count_star, round(avg_timer_wait / 1e9, 1) AS avg_ms, sum_rows_examined\n  FROM performance_schema.events_statements_summary_by_digest\n ORDER BY sum_timer_wait DESC LIMIT 20;",
        ),
        step(
            ("느린 쿼리의 실행 계획을 봅니다. 먼저 실행하지 않는 EXPLAIN으로 봅니다.", "Look at its plan, first by EXPLAIN, which does not run it."),
            ("큰 테이블의 순차 스캔(Seq Scan, type ALL)이나 예상과 크게 다른 행 수가 있으면 인덱스나 통계가 원인입니다.", "A sequential scan of a large table (Seq Scan, type ALL), or estimates far off: an index or statistics are missing."),
            postgresql="EXPLAIN SELECT 1;  -- your query here\nSELECT relname, n_live_tup, n_dead_tup, last_autovacuum, last_autoanalyze\n  FROM pg_stat_user_tables ORDER BY n_dead_tup DESC LIMIT 20;",
            mysql="EXPLAIN SELECT 1;  -- your query here\nSHOW VARIABLES LIKE 'slow_query_log%';",
        ),
    ),
    fixes=(
        step(
            ("급하면 그 쿼리 하나만 취소합니다. 연결은 끊지 않습니다.", "In an emergency cancel that one query; its connection stays."),
            postgresql="SELECT pg_cancel_backend(12345);  -- its pid",
            mysql="KILL QUERY 12345;  -- its Id",
        ),
        step(
            ("통계를 새로 냅니다.", "Renew the statistics."),
            postgresql="ANALYZE VERBOSE table_name;",
            mysql="ANALYZE TABLE table_name;",
        ),
        step(
            ("인덱스를 서비스 중단 없이 만듭니다.", "Add an index without stopping others."),
            postgresql="CREATE INDEX CONCURRENTLY index_name ON table_name (column_name);",
            mysql="ALTER TABLE table_name ADD INDEX index_name (column_name), ALGORITHM=INPLACE, LOCK=NONE;",
        ),
        step(("한 화면이 같은 쿼리를 수백 번 보내면(N+1) 코드에서 한 번으로 합칩니다.", "Where a page sends the same query hundreds of times (N+1), make it one in the code.")),
    ),
    verify=(
        step(
            ("계획이 인덱스를 쓰고 시간이 줄었는지, 서버의 iowait와 cpu가 내려갔는지 봅니다.", "The plan uses the index, it takes less time, and iowait and cpu of the server went down."),
            postgresql="EXPLAIN (ANALYZE, BUFFERS) SELECT 1;  -- runs your query",
            mysql="EXPLAIN ANALYZE SELECT 1;  -- runs your query",
        ),
    ),
    safety=texts(
        ("EXPLAIN ANALYZE는 쿼리를 실제로 실행합니다. 바꾸는 쿼리는 트랜잭션 안에서 하고 ROLLBACK합니다.", "EXPLAIN ANALYZE runs the query: wrap what changes data in a transaction and roll it back."),
        ("CREATE INDEX CONCURRENTLY가 실패하면 INVALID 인덱스가 남습니다. 지우고 다시 만듭니다.", "A failed CREATE INDEX CONCURRENTLY leaves an INVALID index: drop it and begin again."),
        ("VACUUM FULL과 인덱스 없는 ALTER는 테이블을 잠급니다. 점검 시간에 합니다.", "VACUUM FULL and many an ALTER lock the table: use a maintenance window."),
    ),
    keywords=Text("슬로우 쿼리, 느린 쿼리, 쿼리 튜닝, 인덱스, 실행 계획, 락, 데드락, 교착 상태, 디비가 느림", "slow query, slow sql, deadlock, query tuning, missing index, explain plan, lock wait, database is slow"),
    metrics=("latency", "cpu", "iowait", "disk_read"),
    related=("db_connections", "disk_io", "replication_lag"),
)  # fmt: skip

DB_CONNECTIONS = Runbook(
    topic="db_connections",
    title=Text("데이터베이스 연결이 고갈됐을 때", "Database connections used up"),
    symptom=Text(
        "'too many clients already', 'Too many connections' 또는 커넥션 풀 시간 초과가 납니다. 연결 수(connections)가 평소보다 높습니다.",
        "'too many clients already', 'Too many connections' or a pool's time-out. Connections (connections) are higher than usual.",
    ),
    live=Text("{server}: 연결 수 {value}", "{server}: {value} connections"),
    checks=(
        step(
            ("한도와 지금 쓰는 수를 봅니다.", "See the limit and what is used."),
            postgresql="SHOW max_connections;\nSELECT count(*) FROM pg_stat_activity;",
            mysql="SHOW VARIABLES LIKE 'max_connections';\nSHOW STATUS WHERE Variable_name IN ('Threads_connected', 'Threads_running', 'Max_used_connections');",
            redis="redis-cli INFO clients\nredis-cli CONFIG GET maxclients",
        ),
        step(
            ("누가 어떤 상태로 잡고 있는지 봅니다.", "See who holds them, and in what state."),
            ("idle이 많으면 풀이 너무 큰 것, 'idle in transaction'이 많으면 트랜잭션을 닫지 않는 것, active가 많으면 쿼리가 느린 것입니다.", "Many idle: pools are too large. Many 'idle in transaction': transactions are left open. Many active: queries are slow."),
            postgresql="SELECT state, usename, application_name, client_addr, count(*)\n  FROM pg_stat_activity GROUP BY 1, 2, 3, 4 ORDER BY 5 DESC LIMIT 20;",
            mysql="SELECT user, substring_index(host, ':', 1) AS host, command, count(*) AS n\n  FROM information_schema.processlist GROUP BY 1, 2, 3 ORDER BY n DESC;",
        ),
        step(
            ("어느 서버에서 오는지 봅니다.", "See which machines they come from."),
            linux="ss -tnH state established '( sport = :5432 or sport = :3306 )' | awk '{ sub(/:[0-9]+$/, \"\", $4); print $4 }' | sort | uniq -c | sort -rn | head",
            windows="Get-NetTCPConnection -State Established -LocalPort 5432,3306 -ErrorAction SilentlyContinue |\n  Group-Object RemoteAddress | Sort-Object Count -Descending | Select-Object Count,Name",
        ),
    ),
    fixes=(
        step(
            ("오래 열린 채 쉬는 트랜잭션을 끝냅니다.", "End transactions that have been left open."),
            postgresql="SELECT pid, pg_terminate_backend(pid) FROM pg_stat_activity\n WHERE state = 'idle in transaction' AND state_change < now() - interval '10 minutes';",
            mysql="KILL 12345;  -- its Id from SHOW FULL PROCESSLIST",
        ),
        step(
            ("다시 쌓이지 않게 시간 제한을 겁니다.", "Set time-outs, so that they do not gather again."),
            postgresql="ALTER SYSTEM SET idle_in_transaction_session_timeout = '5min';\nSELECT pg_reload_conf();",
            mysql="SET PERSIST wait_timeout = 600;",
        ),
        step(("애플리케이션 풀을 줄입니다. (풀 크기 × 인스턴스 수)가 max_connections보다 작아야 합니다. 많으면 PgBouncer나 ProxySQL을 앞에 둡니다.", "Make the application's pools smaller: size times instances must stay below max_connections. With many instances, put PgBouncer or ProxySQL in front.")),
        step(
            ("정말 더 필요하면 한도를 올립니다. PostgreSQL은 재시작해야 적용됩니다.", "Raise the limit if more are truly needed. PostgreSQL takes it at its restart."),
            postgresql="ALTER SYSTEM SET max_connections = 200;",
            mysql="SET PERSIST max_connections = 300;",
        ),
    ),
    verify=(
        step(
            ("연결 수가 한도의 80% 아래로 유지되는지 봅니다.", "It stays below 80 % of the limit."),
            postgresql="SELECT state, count(*) FROM pg_stat_activity GROUP BY 1;",
            mysql="SHOW STATUS LIKE 'Threads_connected';",
        ),
    ),
    safety=texts(
        ("pg_terminate_backend와 KILL은 진행 중인 작업을 되돌립니다(rollback). 대상을 조건으로 좁힙니다.", "pg_terminate_backend and KILL roll back what was under way: narrow down whom you mean."),
        ("연결마다 메모리를 씁니다. 한도를 크게 올리면 메모리 부족이 올 수 있습니다.", "Each connection takes memory: a much higher limit may end in lack of it."),
    ),
    keywords=Text("커넥션 풀, 커넥션 고갈, 디비 연결, 최대 연결 수, 연결이 너무 많음", "connection pool, too many connections, too many clients, max_connections, pool exhausted, database connections"),
    metrics=("connections", "memory", "latency"),
    related=("slow_query", "file_descriptors", "http_5xx"),
)  # fmt: skip

REPLICATION_LAG = Runbook(
    topic="replication_lag",
    title=Text("복제가 지연될 때", "Replication lag"),
    symptom=Text(
        "레플리카의 데이터가 늦습니다. 레플리카의 cpu, iowait, disk_write나 두 서버 사이의 net_in이 높은지 봅니다.",
        "A replica's data is late. See whether cpu, iowait or disk_write of the replica, or net_in between the two, is high.",
    ),
    live=Text("{server}: {value}{unit}", "{server}: {value}{unit}"),
    checks=(
        step(
            ("프라이머리에서 각 레플리카가 얼마나 뒤처졌는지 봅니다(MySQL은 레플리카에서, 8.0.22 전에는 SHOW SLAVE STATUS).", "On the primary see how far each replica is behind (MySQL: on the replica; before 8.0.22 SHOW SLAVE STATUS)."),
            ("sent와 replay가 함께 늦으면 네트워크, replay만 늦으면 레플리카의 적용 속도입니다. Last_SQL_Error가 있으면 멈춘 것입니다.", "Sent and replayed both late: the network. Only replay: the replica applies too slowly. A Last_SQL_Error: it has stopped."),
            postgresql="SELECT application_name, state, sync_state,\n       pg_wal_lsn_diff(pg_current_wal_lsn(), sent_lsn) AS unsent_bytes,\n       pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn) AS lag_bytes, replay_lag\n  FROM pg_stat_replication;",
            mysql="SHOW REPLICA STATUS\\G",
            redis="redis-cli INFO replication",
        ),
        step(
            ("레플리카에서 확인합니다. 프라이머리에 쓰기가 없으면 시간은 커 보여도 문제가 아닙니다.", "Look on the replica. While nobody writes to the primary the time looks long and means nothing."),
            postgresql="SELECT now() - pg_last_xact_replay_timestamp() AS lag, pg_is_wal_replay_paused() AS paused;\nSELECT pid, now() - query_start AS ran, left(query, 120) AS query FROM pg_stat_activity\n WHERE state = 'active' ORDER BY query_start LIMIT 10;",
        ),
        step(
            ("프라이머리에 쌓인 WAL이나 바이너리 로그가 디스크를 채우지 않는지 봅니다.", "See that WAL or binary logs kept for it do not fill the primary's disk."),
            ("active가 false인 슬롯은 WAL을 계속 붙잡습니다.", "A slot that is not active keeps WAL for ever."),
            postgresql="SELECT slot_name, active, wal_status,\n       pg_size_pretty(pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn)) AS kept\n  FROM pg_replication_slots;",
            mysql="SHOW BINARY LOGS;",
        ),
    ),
    fixes=(
        step(
            ("멈춘 적용을 다시 시작합니다.", "Resume what has stopped."),
            postgresql="SELECT pg_wal_replay_resume();",
            mysql="START REPLICA;",
        ),
        step(
            ("레플리카의 긴 읽기 쿼리가 적용을 막고 있으면 취소합니다.", "Cancel long reads on the replica that hold the replay up."),
            postgresql="SELECT pg_cancel_backend(12345);  -- its pid",
            mysql="KILL QUERY 12345;  -- its Id",
        ),
        step(
            ("적용을 병렬로 합니다(MySQL). 큰 일괄 쓰기는 작게 나눕니다.", "Apply in parallel (MySQL); split large batch writes."),
            mysql="STOP REPLICA SQL_THREAD;\nSET PERSIST replica_parallel_workers = 8;\nSTART REPLICA SQL_THREAD;",
        ),
        step(("너무 많이 뒤처져 로그가 남아 있지 않으면 레플리카를 새로 만듭니다(pg_basebackup, 클론 플러그인).", "If the logs it needs are gone, build the replica anew (pg_basebackup, the clone plugin).")),
    ),
    verify=(
        step(
            ("lag가 계속 줄어 0에 가까워지는지 봅니다.", "The lag keeps shrinking towards 0."),
            postgresql="SELECT application_name, replay_lag FROM pg_stat_replication;",
            mysql="SHOW REPLICA STATUS\\G",
        ),
    ),
    safety=texts(
        ("슬롯을 지우면(pg_drop_replication_slot) 그 레플리카는 이어받지 못해 새로 만들어야 합니다.", "Dropping a slot (pg_drop_replication_slot) means building that replica anew."),
        ("지연된 레플리카로 장애 조치(failover)하면 그만큼의 데이터를 잃습니다.", "Failing over to a replica that is behind loses what it has not got."),
        ("MySQL에서 오류를 건너뛰면(sql_replica_skip_counter) 두 쪽의 데이터가 달라집니다.", "Skipping an error in MySQL (sql_replica_skip_counter) makes the two differ."),
    ),
    keywords=Text("복제 지연, 레플리카, 레플리케이션, 슬레이브, 복제 끊김", "replication lag, replica behind, replica lag, slave lag, standby behind, replication stopped"),
    metrics=("iowait", "disk_write", "net_in", "latency"),
    related=("slow_query", "disk_full", "network_latency"),
)  # fmt: skip

RUNBOOKS = (SLOW_QUERY, DB_CONNECTIONS, REPLICATION_LAG)

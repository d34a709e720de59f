"""Terms of statistics, of service levels and of the systems below: percentiles, throughput, the OOM killer, cgroups."""

from __future__ import annotations

from lib.mcp.knowledge.terms.form import term

FIGURES = (
    term(
        "p50", ("중앙값(p50)", "Median (p50)"), "p50|median|50th percentile|중앙값|중위값|중간값|50분위|피50",
        ("값을 크기순으로 늘어놓았을 때 한가운데 값입니다. 절반은 이보다 작고 절반은 큽니다.", "The value in the middle: half of all values are smaller, half larger."),
        ("물어본 기간에 저장된 값에서 계산합니다.", "Worked out from the values stored in the time you ask about."),
        ("튀는 값에 흔들리지 않아 '보통의 경우'를 보기에 좋습니다.", "Single outliers do not move it, so it shows the usual case."),
    ),
    term(
        "p95", ("p95(95번째 백분위)", "p95 (95th percentile)"), "p95|95th percentile|95th|95분위|95번째 백분위|95 퍼센타일|피95",
        ("100번 가운데 95번은 이 값보다 작거나 같다는 뜻입니다. 가장 나쁜 5%가 시작되는 곳입니다.", "95 of 100 values are at or below it: where the worst 5 % begin."),
        ("물어본 기간에 저장된 값에서 계산합니다. 건강 점수도 구간 평균의 p95를 씁니다.", "Worked out from the values stored in the time you ask about. The health score uses the p95 of bin means, too."),
        ("평균이 좋은데 p95가 나쁘면 일부 사용자만 느린 것입니다.", "A good average with a bad p95 means that some people have it slow."),
    ),
    term(
        "p99", ("p99(99번째 백분위)", "p99 (99th percentile)"), "p99|99th percentile|99th|99분위|99번째 백분위|99 퍼센타일|피99",
        ("100번 가운데 99번은 이 값보다 작거나 같다는 뜻입니다. 가장 나쁜 1%를 봅니다.", "99 of 100 values are at or below it: it shows the worst 1 %."),
        ("물어본 기간에 저장된 값에서 계산합니다. 값이 적으면 최대값과 거의 같습니다.", "Worked out from the values stored in the time you ask about; of few values it is nearly the maximum."),
    ),
    term(
        "percentile", ("백분위", "Percentile"), "percentiles?|백분위|백분위수|퍼센타일|분위수|분위값",
        ("값의 몇 퍼센트가 그 아래에 있는지로 정한 자리입니다. p95 아래에는 95%가 있습니다.", "The value below which so many percent of all values lie: 95 % are below the p95."),
        ("평균과 달리 튀는 값 몇 개에 끌려가지 않습니다.", "Unlike an average, a few outliers do not drag it along."),
    ),
    term(
        "average", ("평균", "Average"), "average|averages|avg|the mean|mean value|arithmetic mean|평균|평균값",
        ("값을 모두 더해 개수로 나눈 것입니다.", "All values added up and divided by how many there are."),
        ("저장된 값에서 계산합니다. 오래된 기간은 5분이나 1시간 평균에서 계산합니다.", "From the stored values; for long ago from five-minute or hourly means."),
        ("짧게 치솟은 것은 평균에 잘 보이지 않습니다. 최대나 p95를 함께 봅니다.", "Short spikes hardly show in it: look at the maximum or the p95, too."),
    ),
    term(
        "iops", ("IOPS", "IOPS"), "iops|아이옵스",
        ("디스크가 1초에 처리하는 읽기와 쓰기의 횟수입니다.", "How many reads and writes a disk serves in a second."),
        ("우리 에이전트는 횟수가 아니라 바이트(disk_read, disk_write)와 바쁜 시간(disk_busy)을 잽니다.", "Our agent measures bytes (disk_read, disk_write) and busy time (disk_busy), not the number of operations."),
        ("HDD는 100에서 200, SSD는 수천에서 수십만입니다. 클라우드 볼륨은 등급마다 한도가 있습니다.", "Hard disks do 100 to 200, SSDs thousands and more; cloud volumes have a limit by class."),
    ),
    term(
        "throughput", ("처리량", "Throughput"), "throughput|처리량|스루풋",
        ("정해진 시간에 처리한 양입니다. 초당 요청 수나 초당 바이트로 말합니다.", "How much is done in a time: requests or bytes a second."),
        ("disk_read, disk_write, net_in, net_out은 초당 바이트, requests는 초당 요청 수입니다.", "disk_read, disk_write, net_in and net_out are bytes a second, requests are requests a second."),
    ),
    term(
        "bandwidth", ("대역폭", "Bandwidth"), "bandwidth|대역폭",
        ("회선이 최대로 보낼 수 있는 양입니다. 실제로 쓴 양은 처리량입니다.", "The most a line can carry. What it really carries is its throughput."),
        ("net_in과 net_out은 쓴 양을 잽니다. 회선의 한도는 에이전트가 알지 못합니다.", "net_in and net_out tell what was used; the agent does not know the line's limit."),
    ),
    term(
        "rtt", ("왕복 시간(RTT)", "Round-trip time (RTT)"), "rtt|round trip|round trip time|왕복 시간",
        ("패킷이 상대에게 갔다가 돌아오는 데 걸리는 시간입니다. ping이 보여 주는 값입니다.", "The time a packet takes there and back: what ping shows."),
        ("우리 에이전트는 재지 않습니다.", "Our agent does not measure it."),
        ("같은 데이터 센터는 1ms 아래, 나라 안은 10ms 안팎, 대륙 사이는 100ms 이상입니다.", "Below 1 ms within a data centre, some 10 ms within a country, 100 ms and more between continents."),
    ),
    term(
        "packet_loss", ("패킷 손실", "Packet loss"), "packet loss|패킷 손실|패킷 로스|패킷 유실",
        ("보낸 패킷 가운데 도착하지 못한 비율입니다.", "The share of packets that never arrive."),
        ("우리 에이전트는 재지 않습니다. 런북에 확인하는 명령이 있습니다.", "Our agent does not measure it; its runbook has the commands that do."),
        ("0%가 정상입니다. 1%만 넘어도 TCP가 눈에 띄게 느려집니다.", "0 % is right; above 1 % TCP is noticeably slow."),
    ),
    term(
        "cache", ("캐시(페이지 캐시)", "Cache (page cache)"), "cache|caches|page cache|buffers|buff/cache|캐시|캐쉬|페이지 캐시|버퍼",
        ("디스크에서 읽은 것을 메모리에 남겨 두어 다시 빨리 읽게 하는 것입니다. 다른 곳에 필요하면 바로 비워집니다.", "What was read from disk and is kept in memory to be read again fast. It is given up at once when needed."),
        ("메모리 사용률에 들어가지 않습니다.", "It is no part of memory usage here."),
    ),
    term(
        "oom_killer", ("OOM 킬러", "OOM killer"), "oom|oom killer|oomkilled|out of memory|오오엠|oom 킬러|메모리 부족 종료",
        ("메모리가 바닥나면 리눅스 커널이 프로세스를 골라 강제로 끝내는 기능입니다. 대개 가장 크게 쓰는 것이 선택됩니다.", "When memory runs out, Linux picks a process and kills it, mostly the one that uses most."),
        ("에이전트가 /proc/vmstat의 oom_kill이 늘면 이벤트로 알립니다. 로그가 없어도 됩니다.", "The agent tells it as an event when oom_kill in /proc/vmstat grows; no log is needed."),
        metric="memory",
    ),
    term(
        "cgroup", ("cgroup(제어 그룹)", "cgroup (control group)"), "cgroups?|control groups?|씨그룹|제어 그룹",
        ("리눅스가 프로세스를 묶어 CPU, 메모리, 입출력을 제한하고 재는 단위입니다. 컨테이너와 systemd 서비스가 모두 이것을 씁니다.", "How Linux limits and counts CPU, memory and I/O of a group of processes. Containers and services of systemd are made of it."),
        ("에이전트는 서버 전체를 잽니다. cgroup별 값은 보내지 않습니다.", "The agent measures the whole machine; it does not tell single cgroups."),
    ),
    term(
        "process", ("프로세스", "Process"), "process|processes|프로세스|pid",
        ("실행 중인 프로그램 하나입니다. 번호(PID), 소유자, 쓰는 CPU와 메모리가 있습니다.", "One running program, with its number (PID), its user, and the CPU and memory it uses."),
        ("30초마다 CPU를 가장 많이 쓰는 10개와 메모리를 가장 많이 쓰는 10개를 봅니다. CPU는 코어 하나를 100%로 셉니다.", "Every 30 seconds the ten that use most CPU and the ten that hold most memory. Their CPU is of one core, as top shows it."),
    ),
    term(
        "zombie", ("좀비 프로세스", "Zombie process"), "zombie|zombies|zombie process|좀비|좀비 프로세스|defunct",
        ("끝났지만 부모가 거두지 않아 번호만 남은 프로세스입니다. CPU와 메모리는 쓰지 않습니다.", "A process that has ended but whose parent has not collected it: only its number is left, no CPU or memory."),
        ("에이전트가 따로 세지 않습니다.", "The agent does not count them."),
    ),
    term(
        "file_descriptor", ("파일 디스크립터", "File descriptor"), "file descriptors?|file handles?|fd|파일 디스크립터|파일 핸들|ulimit",
        ("프로세스가 연 파일이나 소켓 하나를 가리키는 번호입니다. 프로세스마다 열 수 있는 수에 한도가 있습니다.", "The number by which a process refers to one open file or socket. Each process may have so many."),
        ("에이전트가 따로 세지 않습니다.", "The agent does not count them."),
    ),
    term(
        "context_switch", ("문맥 교환", "Context switch"), "context switch|context switches|문맥 교환|컨텍스트 스위치",
        ("CPU가 한 작업에서 다른 작업으로 옮겨 가는 것입니다. 너무 잦으면 계산보다 옮기는 데 시간을 씁니다.", "A processor turning from one task to another. Too many, and it is busier turning than working."),
        ("에이전트는 재지 않습니다. 서버에서 vmstat의 cs 열로 볼 수 있습니다.", "The agent does not measure it; vmstat shows it in its column cs."),
    ),
    term(
        "raid", ("RAID", "RAID"), "raid|레이드",
        ("디스크 여러 개를 묶어 하나가 고장 나도 견디거나 더 빠르게 하는 방식입니다. 백업을 대신하지는 않습니다.", "Several disks put together, to survive the loss of one or to be faster. It is no backup."),
        ("에이전트는 RAID의 상태를 보내지 않습니다.", "The agent does not tell the state of a RAID."),
    ),
    term(
        "replica_lag", ("복제 지연", "Replication lag"), "replica lag|replication lag|복제 지연|레플리카 지연|레플리케이션 지연",
        ("복제본이 원본보다 얼마나 뒤처져 있는지입니다. 그만큼 오래된 데이터를 읽게 됩니다.", "How far a replica is behind its primary: what you read there is that old."),
        ("에이전트는 재지 않습니다. 직접 만든 지표(예: db.replica_lag)로 보내면 규칙과 차트에 쓸 수 있습니다.", "The agent does not measure it. Send it as a metric of your own, such as db.replica_lag, for charts and rules."),
    ),
    term(
        "slow_query", ("느린 쿼리", "Slow query"), "slow query|slow queries|느린 쿼리|슬로우 쿼리",
        ("정해 둔 시간보다 오래 걸린 데이터베이스 조회입니다. 인덱스가 없거나 다른 작업이 잠근 경우가 많습니다.", "A database query that takes longer than agreed; mostly an index is missing or somebody holds a lock."),
        ("에이전트는 재지 않습니다. 데이터베이스의 느린 쿼리 로그에서 봅니다.", "The agent does not measure it: see the database's slow query log."),
    ),
    term(
        "sla", ("SLA(서비스 수준 약속)", "SLA (service level agreement)"), "sla|slas|service level agreement|서비스 수준|에스엘에이|slo|service level objective",
        ("서비스가 얼마나 살아 있을지 정한 약속입니다. SLO는 스스로 정한 목표, SLA는 어기면 책임이 따르는 계약입니다.", "What was promised about how much of the time a service is up. An SLO is one's own aim, an SLA a contract with consequences."),
        ("가용률(살아 있던 시간의 비율)로 재어 약속한 값과 견줍니다.", "Held against availability: the share of time it was up."),
        ("한 달에 99.9%면 약 43분, 99.99%면 약 4분의 중단까지 허용합니다.", "99.9 % a month allows some 43 minutes of downtime, 99.99 % some 4."),
    ),
    term(
        "availability", ("가용률", "Availability"), "availability|가용률|가용성|업타임률|uptime percentage",
        ("전체 시간 가운데 살아 있던 시간의 비율입니다.", "The share of all time in which it was up."),
        ("오프라인이던 시간을 빼서 계산합니다. 모니터 자신이 듣지 못한 시간은 중단으로 치지 않습니다.", "Time offline is taken off. Time in which the monitor itself could not hear does not count as down."),
        metric="uptime",
    ),
    term(
        "error_budget", ("오류 예산", "Error budget"), "error budget|오류 예산|에러 예산|에러 버짓",
        ("목표를 지키면서 멈춰도 되는 남은 시간입니다. 목표가 99.9%면 한 달에 약 43분이 예산입니다.", "How much downtime is left within the aim: at 99.9 % some 43 minutes a month."),
    ),
    term(
        "mttr", ("MTTR(평균 복구 시간)", "MTTR (mean time to recover)"), "mttr|mean time to recover|mean time to repair|평균 복구 시간",
        ("장애가 시작되어 복구되기까지 걸린 시간의 평균입니다.", "How long it takes, on average, from the beginning of an outage to its end."),
        ("알림의 시작과 끝 시각에서 계산할 수 있습니다.", "It follows from when alerts opened and ended."),
    ),
    term(
        "mtbf", ("MTBF(평균 고장 간격)", "MTBF (mean time between failures)"), "mtbf|mean time between failures|평균 고장 간격|평균 무고장 시간",
        ("한 장애가 끝나고 다음 장애가 시작될 때까지 걸린 시간의 평균입니다. 길수록 좋습니다.", "How long it takes, on average, from the end of one outage to the next. Longer is better."),
        ("알림의 시작과 끝 시각에서 계산할 수 있습니다.", "It follows from when alerts opened and ended."),
    ),
    term(
        "downtime", ("다운타임(중단 시간)", "Downtime"), "downtime|outage|outages|다운타임|다운 타임|중단 시간|장애 시간",
        ("서비스나 서버가 멈춰 있던 시간입니다.", "The time a server or service was not there."),
        ("서버가 오프라인이던 시간을 셉니다. 모니터 자신이 듣지 못한 시간은 세지 않습니다.", "The time a server was offline; time in which the monitor itself could not hear does not count."),
        metric="uptime",
    ),
    term(
        "http_5xx", ("HTTP 5xx(서버 오류)", "HTTP 5xx (server errors)"), "5xx|5xx errors?|500 error|502|503|504|500 에러|5xx 에러|5xx 오류|서버 오류 응답",
        ("서버 쪽 잘못으로 요청이 실패했다는 응답 코드입니다. 500은 코드의 오류, 502와 504는 뒤의 서비스, 503은 과부하나 점검을 뜻합니다.", "Answers that say the server failed: 500 a bug in the code, 502 and 504 the service behind, 503 overload or maintenance."),
        ("우리 에이전트는 재지 않습니다. 애플리케이션이 error_rate로 보내면 저장하고 판단합니다.", "Our agent does not measure it: it is stored and judged where an application sends it as error_rate."),
        ("0%에 가까워야 합니다.", "It should be near 0 %."),
        metric="error_rate",
    ),
    term(
        "memory_leak", ("메모리 누수", "Memory leak"), "memory leaks?|mem leak|메모리 누수|메모리 릭|누수",
        ("프로그램이 다 쓴 메모리를 돌려주지 않아 사용량이 계속 늘어나는 결함입니다.", "A fault by which a program never gives back memory it is done with, so that it keeps growing."),
        ("메모리 차트가 요청량과 상관없이 계속 오르고 재시작하면 떨어지는지 봅니다.", "It shows as memory that grows whatever the traffic does, and falls at a restart."),
        metric="memory",
    ),
    term(
        "virtual_memory", ("가상 메모리", "Virtual memory"), "virtual memory|가상 메모리|vsz|virt",
        ("프로세스마다 따로 보이는 메모리 주소 공간입니다. 실제 메모리보다 커도 괜찮으며, 실제로 차지한 양은 RSS입니다.", "The address space each process sees for itself. It may be larger than the real memory; what is really held is its RSS."),
        ("에이전트는 실제 메모리를 잽니다.", "The agent measures real memory."),
    ),
    term(
        "page_fault", ("페이지 폴트", "Page fault"), "page faults?|페이지 폴트",
        ("프로그램이 지금 메모리에 없는 부분을 찾는 일입니다. 디스크에서 읽어야 하는 경우(major)가 많으면 느려집니다.", "A program touching a part that is not in memory just now. Many that must be read from disk (major ones) make it slow."),
        ("에이전트는 재지 않습니다. 스왑과 디스크 읽기를 함께 봅니다.", "The agent does not measure it: look at swap and disk reads."),
    ),
    term(
        "run_queue", ("실행 대기열", "Run queue"), "run queue|runqueue|실행 대기열|런큐|실행 큐",
        ("CPU를 쓰려고 줄을 선 작업들입니다. 코어 수보다 길면 기다리는 작업이 있는 것입니다.", "The tasks that queue for a processor. Longer than the number of cores, some are waiting."),
        ("부하(load average)에 포함됩니다. 서버에서는 vmstat의 r 열로 볼 수 있습니다.", "It is part of the load average; vmstat shows it in its column r."),
        metric="load1",
    ),
    term(
        "nice", ("나이스 값(우선순위)", "Nice value"), "nice value|niceness|nice 값|나이스 값|프로세스 우선순위",
        ("프로세스가 CPU를 양보하는 정도입니다. -20이 가장 앞서고 19가 가장 양보합니다.", "How ready a process is to give way: -20 comes first, 19 last."),
        ("에이전트는 재지 않으며, 스스로는 5로 실행됩니다.", "The agent does not measure it; it runs at 5 itself."),
    ),
    term(
        "connection_pool", ("커넥션 풀", "Connection pool"), "connection pools?|커넥션 풀|연결 풀",
        ("데이터베이스 연결을 미리 만들어 두고 나눠 쓰는 것입니다. 모두 쓰이면 새 요청이 기다리거나 실패합니다.", "Database connections kept ready and shared. When all are taken, requests wait or fail."),
        ("에이전트는 재지 않습니다. 서버 전체의 연결 수(connections)는 잽니다.", "The agent does not measure it; it does measure all connections of the server."),
        metric="connections",
    ),
    term(
        "z_score", ("z 점수", "z-score"), "z score|zscore|z 점수|z점수|표준 점수",
        ("값이 평균에서 표준 편차의 몇 배만큼 떨어져 있는지입니다.", "How many standard deviations a value lies from the mean."),
        ("여기의 이상 점수는 z 점수가 아닙니다. 지난 범위와 드문 정도로 매깁니다.", "The anomaly score here is none: it goes by earlier ranges and by how rare a value is."),
    ),
    term(
        "deadlock", ("교착 상태(데드락)", "Deadlock"), "deadlocks?|데드락|교착|교착 상태",
        ("둘 이상이 서로가 가진 것을 기다려 아무도 나아가지 못하는 상태입니다. 데이터베이스는 한쪽을 취소해 풉니다.", "Two or more wait for what the others hold, and none goes on. A database ends it by cancelling one."),
        ("에이전트는 재지 않습니다. 오류 로그를 보고하게 하면 화면의 오류에 나타납니다.", "The agent does not measure it; where it reports the error log, it is among the errors of the page."),
    ),
    term(
        "timeout", ("타임아웃(시간 초과)", "Timeout"), "time ?outs?|타임아웃|타임 아웃|시간 초과",
        ("정해 둔 시간 안에 답이 오지 않아 기다리기를 그만둔 것입니다. 상대가 느리거나 길이 끊긴 것입니다.", "Giving up on an answer that did not come in time: the other side is slow, or the way is cut."),
        ("에이전트는 재지 않습니다. 로그에 있으면 오류로 셉니다.", "The agent does not measure it; in a log it counts as an error."),
    ),
    term(
        "garbage_collection", ("가비지 컬렉션(GC)", "Garbage collection (GC)"), "gc|garbage collection|garbage collector|가비지 컬렉션|가비지 컬렉터",
        ("프로그램이 더 쓰지 않는 메모리를 찾아 비우는 일입니다. 그동안 프로그램이 멈추기도 합니다.", "A runtime finding and freeing memory that is no longer used; the program may pause meanwhile."),
        ("에이전트는 재지 않습니다.", "The agent does not measure it."),
    ),
    term(
        "node", ("쿠버네티스 노드", "Kubernetes node"), "kubernetes nodes?|k8s nodes?|쿠버네티스 노드|쿠버 노드|k8s 노드",
        ("컨테이너(파드)가 실행되는 서버 한 대입니다.", "One machine on which containers (pods) run."),
        ("에이전트를 호스트에 설치하면 다른 서버와 똑같이 잽니다. 파드별 값은 보내지 않습니다.", "With the agent on the host it is measured like any server; single pods are not told."),
    ),
    term(
        "dns_term", ("DNS", "DNS"), "dns|디엔에스|도메인 네임 시스템",
        ("이름(example.com)을 주소(IP)로 바꿔 주는 체계입니다. 멈추면 이름으로는 아무 데도 접속하지 못합니다.", "What turns names (example.com) into addresses. Without it nothing can be reached by name."),
        ("에이전트는 재지 않습니다.", "The agent does not measure it."),
    ),
    term(
        "certificate", ("TLS 인증서", "TLS certificate"), "certificates?|tls|ssl|ssl certificate|인증서|tls 인증서|ssl 인증서",
        ("접속한 서버가 진짜임을 보증하고 통신을 암호화하게 하는 문서입니다. 만료일이 지나면 브라우저가 막습니다.", "What vouches for a server and lets the connection be encrypted. Once it has expired, browsers refuse."),
        ("에이전트는 만료일을 확인하지 않습니다. 런북에 확인하는 명령이 있습니다.", "The agent does not look at expiry dates; the runbook has the commands that do."),
    ),
    term(
        "ntp", ("NTP(시각 동기화)", "NTP (time synchronisation)"), "ntp|chrony|시각 동기화|시간 동기화|time sync",
        ("서버의 시계를 시간 서버에 맞추는 프로토콜입니다.", "How machines set their clocks by time servers."),
        ("보고가 올 때마다 서버 시계와 허브 시계의 차이를 봅니다. 30초 넘게 5분 이어지면 기본 규칙이 경고합니다.", "With each post the server's clock is held against the hub's. The default rule warns when it is off by more than 30 seconds for 5 minutes."),
    ),
)  # fmt: skip

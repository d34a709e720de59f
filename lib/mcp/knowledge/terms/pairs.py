"""Terms that are taken for each other, and how they differ."""

from __future__ import annotations

from lib.mcp.knowledge.terms.form import Difference
from lib.mcp.knowledge.texts import Text


def _between(a: str, b: str, name: tuple[str, str], what: tuple[str, str]) -> Difference:
    return Difference(frozenset((a, b)), Text(*name), Text(*what))


DIFFERENCES = (
    _between(
        "cpu", "load", ("CPU 사용률과 부하", "CPU usage and load"),
        (
            "CPU 사용률은 프로세서가 일한 시간의 비율(0%에서 100%)이고, 부하는 CPU나 디스크를 쓰거나 기다리는 작업의 수입니다. 사용률은 100%에서 멈추지만 부하는 줄이 길수록 계속 커집니다. 부하가 높은데 CPU가 낮으면 디스크를 기다리는 것입니다.",
            "CPU usage is the share of time the processors worked, from 0 to 100 %; load is the number of tasks that run or wait, for a processor or a disk. Usage ends at 100 %, load grows with the queue. High load with low CPU usage means waiting for a disk.",
        ),
    ),
    _between(
        "cpu", "iowait", ("CPU 사용률과 입출력 대기", "CPU usage and I/O wait"),
        (
            "CPU 사용률은 계산한 시간이고, 입출력 대기는 할 일 없이 디스크를 기다린 시간입니다. 여기서는 둘을 따로 세므로 입출력 대기는 CPU 사용률에 들어가지 않습니다.",
            "CPU usage is time spent computing, I/O wait is time spent idle while something waited for a disk. They are counted apart here: I/O wait is no part of CPU usage.",
        ),
    ),
    _between(
        "memory", "cache", ("메모리 사용과 캐시", "Memory used and cache"),
        (
            "사용 중인 메모리는 프로그램이 붙잡고 있어 비울 수 없고, 캐시는 디스크에서 읽은 것을 잠시 둔 것이라 필요하면 바로 비워집니다. 그래서 여기의 메모리 사용률은 캐시를 빼고 셉니다.",
            "Used memory is held by programs and cannot be taken; cache is what was read from disk, and is given up when needed. So memory usage here leaves caches out.",
        ),
    ),
    _between(
        "memory", "swap", ("메모리와 스왑", "Memory and swap"),
        (
            "메모리는 빠른 칩이고, 스왑은 메모리가 모자랄 때 쓰는 디스크 공간이라 훨씬 느립니다. 스왑이 차 있는 것보다 계속 드나드는 것이 문제입니다.",
            "Memory is fast chips, swap is disk space used when memory runs short, and far slower. Swap that is filled matters less than pages moving in and out.",
        ),
    ),
    _between(
        "disk", "inode", ("디스크 공간과 아이노드", "Disk space and inodes"),
        (
            "디스크 공간은 바이트의 양이고, 아이노드는 파일의 수입니다. 둘 가운데 하나만 다 써도 새 파일을 만들 수 없습니다. 작은 파일이 매우 많으면 아이노드가 먼저 바닥납니다.",
            "Space is bytes, inodes are files. When either is used up, no file can be made. With very many small files, inodes go first.",
        ),
    ),
    _between(
        "disk", "disk_io", ("디스크 사용률과 디스크 입출력", "Disk usage and disk I/O"),
        (
            "디스크 사용률은 공간이 얼마나 찼는지이고, 디스크 입출력은 얼마나 바쁘게 읽고 쓰는지입니다. 비어 있어도 바쁠 수 있고, 꽉 차도 한가할 수 있습니다.",
            "Disk usage is how full it is, disk I/O how busily it is read and written. An empty disk may be busy and a full one idle.",
        ),
    ),
    _between(
        "latency", "throughput", ("지연 시간과 처리량", "Latency and throughput"),
        (
            "지연 시간은 요청 하나가 걸리는 시간이고, 처리량은 정해진 시간에 끝낸 요청의 수입니다. 처리량이 한계에 가까워지면 줄이 생겨 지연 시간이 늘어납니다.",
            "Latency is how long one request takes, throughput how many are done in a time. Near the limit of throughput a queue forms, and latency grows.",
        ),
    ),
    _between(
        "throughput", "bandwidth", ("처리량과 대역폭", "Throughput and bandwidth"),
        (
            "대역폭은 회선이 최대로 보낼 수 있는 양이고, 처리량은 실제로 보낸 양입니다.",
            "Bandwidth is the most a line can carry, throughput what it really carries.",
        ),
    ),
    _between(
        "iops", "throughput", ("IOPS와 처리량", "IOPS and throughput"),
        (
            "IOPS는 읽고 쓴 횟수이고, 처리량은 읽고 쓴 바이트의 양입니다. 작은 요청이 많으면 IOPS가, 큰 파일이면 처리량이 먼저 한계에 닿습니다.",
            "IOPS is the number of reads and writes, throughput their bytes. Small requests reach the limit of IOPS first, large files that of throughput.",
        ),
    ),
    _between(
        "latency", "rtt", ("지연 시간과 왕복 시간", "Latency and round-trip time"),
        (
            "왕복 시간은 네트워크를 오가는 시간만이고, 지연 시간(응답 시간)은 서버가 처리한 시간까지 더한 것입니다.",
            "The round trip is the network alone; latency, as response time, includes what the server took.",
        ),
    ),
    _between(
        "acknowledge", "silence", ("확인과 음소거", "Acknowledge and silence"),
        (
            "확인은 이미 열린 알림을 누가 맡았다고 표시해 되풀이 알림을 멈추는 것이고, 음소거는 정한 기간에 앞으로 생길 것까지 보내지 않는 것입니다. 둘 다 알림을 끝내지는 않습니다.",
            "Acknowledging says that somebody has taken an open alert, and stops its reminders; a silence keeps messages back for a time, also of what is yet to come. Neither ends an alert.",
        ),
    ),
    _between(
        "acknowledge", "resolve", ("확인과 종료", "Acknowledge and resolve"),
        (
            "확인은 누가 보고 있다는 표시라 알림은 열린 채로 남고, 종료는 알림이 끝난 것입니다. 종료는 값이 회복되면 저절로 됩니다.",
            "Acknowledged means somebody looks after it, and it stays open; resolved means it is over, by itself once the value has recovered.",
        ),
    ),
    _between(
        "silence", "resolve", ("음소거와 종료", "Silence and resolve"),
        (
            "음소거는 알리지 않을 뿐 알림은 계속 열려 있고, 종료는 알림 자체가 끝난 것입니다. 음소거가 끝났는데 아직 열려 있으면 그때 알려 줍니다.",
            "A silence only keeps messages back while the alert goes on; resolved means the alert itself is over. What is still open when a silence ends is told then.",
        ),
    ),
    _between(
        "silence", "maintenance_window", ("음소거와 점검 시간", "Silence and maintenance window"),
        (
            "음소거는 한 번이고, 점검 시간은 정해진 때마다 되풀이되는 음소거입니다.",
            "A silence is once, a maintenance window is a silence that recurs.",
        ),
    ),
    _between(
        "warning", "critical", ("경고와 위험", "Warning and critical"),
        (
            "경고는 곧 문제가 될 수 있어 업무 시간 안에 볼 것, 위험은 지금 상하고 있거나 곧 멈출 수 있어 바로 볼 것입니다. 위험은 조용한 시간에도 보내며 시간당 한도로 미루지 않습니다.",
            "A warning may become trouble and can wait for working hours; critical is harm now or soon. What is critical is sent in quiet hours, too, and no hourly budget holds it back.",
        ),
    ),
    _between(
        "stale", "offline", ("보고 지연과 오프라인", "Stale and offline"),
        (
            "보고 지연은 보고가 늦어 마지막 값을 보여 주는 상태(보고 간격의 두 배에 30초), 오프라인은 오래 소식이 없어 끊긴 것으로 보는 상태(세 배에 30초)입니다. 알림은 오프라인일 때 열립니다.",
            "Stale: the report is late and the last values are shown (two intervals and 30 seconds). Offline: silent for so long that it counts as gone (three intervals and 30 seconds). An alert opens when it is offline.",
        ),
    ),
    _between(
        "p95", "average", ("p95와 평균", "p95 and average"),
        (
            "평균은 모두를 고르게 섞은 값이라 일부가 느려도 좋아 보일 수 있고, p95는 가장 나쁜 5%가 시작되는 값입니다. 사용자가 느끼는 속도는 p95로 봅니다.",
            "An average mixes everybody, so it may look good while some have it slow; the p95 is where the worst 5 % begin. What people feel shows in the p95.",
        ),
    ),
    _between(
        "p95", "p99", ("p95와 p99", "p95 and p99"),
        (
            "p95는 가장 나쁜 5%, p99는 가장 나쁜 1%가 시작되는 값입니다. p99는 드문 지연을 잘 보여 주지만 값이 적으면 크게 흔들립니다.",
            "The worst 5 % begin at the p95, the worst 1 % at the p99. The p99 shows rare delays, but of few values it jumps about.",
        ),
    ),
    _between(
        "p50", "average", ("중앙값과 평균", "Median and average"),
        (
            "중앙값은 한가운데 값이라 튀는 값에 흔들리지 않고, 평균은 몇 개의 큰 값에 끌려갑니다. 둘이 크게 다르면 일부가 유난히 크다는 뜻입니다.",
            "The median is the middle and ignores outliers, an average is dragged by a few large values. Far apart, some values are very large.",
        ),
    ),
    _between(
        "p50", "p95", ("중앙값과 p95", "Median and p95"),
        (
            "중앙값은 보통의 경우, p95는 나쁜 쪽 5%가 시작되는 경우를 보여 줍니다. 둘의 차이가 크면 들쭉날쭉한 것입니다.",
            "The median shows the usual case, the p95 where the worst 5 % begin. Far apart, it is uneven.",
        ),
    ),
    _between(
        "uptime", "availability", ("가동 시간과 가용률", "Uptime and availability"),
        (
            "가동 시간은 마지막 부팅부터 지난 시간이고, 가용률은 정한 기간 가운데 살아 있던 시간의 비율입니다. 재부팅을 한 번 하면 가동 시간은 0이 되지만 가용률은 조금만 줄어듭니다.",
            "Uptime is the time since the last boot, availability the share of a period in which it was up. A reboot sets uptime to 0 and costs availability very little.",
        ),
    ),
    _between(
        "availability", "sla", ("가용률과 SLA", "Availability and SLA"),
        (
            "가용률은 실제로 잰 값이고, SLA는 지키기로 약속한 값입니다.",
            "Availability is what was measured, an SLA what was promised.",
        ),
    ),
    _between(
        "net_in", "net_out", ("수신과 송신", "Network in and out"),
        (
            "수신(net_in)은 서버가 받은 양, 송신(net_out)은 서버가 보낸 양입니다. 웹 서버는 송신이, 백업 서버는 수신이 큰 것이 보통입니다.",
            "In (net_in) is what the server received, out (net_out) what it sent. Web servers mostly send, backup servers mostly receive.",
        ),
    ),
    _between(
        "anomaly", "alert", ("이상 징후와 알림", "Anomaly and alert"),
        (
            "이상 징후는 평소와 다르다는 정보일 뿐 아무도 깨우지 않고, 알림은 규칙의 기준을 넘어 사람에게 알리는 것입니다. 이상 징후로 알리려면 anomaly 종류의 규칙을 만듭니다.",
            "An anomaly is information, that something is unlike its past, and wakes nobody; an alert is a rule's level passed, and people are told. A rule of the kind anomaly makes alerts of them.",
        ),
    ),
    _between(
        "threshold", "anomaly", ("임계값과 이상 징후", "Threshold and anomaly"),
        (
            "임계값은 사람이 정한 고정된 수준이고, 이상 징후는 그 지표 자신의 과거에서 배운 평소와 다른 것입니다.",
            "A threshold is a fixed level that somebody chose; an anomaly departs from what the metric itself used to do.",
        ),
    ),
    _between(
        "hold", "recovery", ("유지 시간과 회복 기준", "Hold and recovery level"),
        (
            "유지 시간은 알림이 열리기 전에 얼마나 이어져야 하는지이고, 회복 기준은 열린 알림이 끝나려면 어디까지 내려가야 하는지입니다.",
            "The hold is how long it must last before an alert opens, the recovery level how far it must come back before the alert ends.",
        ),
    ),
    _between(
        "forecast", "anomaly", ("예측과 이상 징후", "Forecast and anomaly"),
        (
            "예측은 앞으로 어떻게 될지이고, 이상 징후는 지금 값이 평소와 다른지입니다.",
            "A forecast is about what will be, an anomaly about whether what is now is unusual.",
        ),
    ),
    _between(
        "rule", "alert", ("규칙과 알림", "Rule and alert"),
        (
            "규칙은 무엇이 문제인지 정한 것이고, 알림은 그 규칙을 실제로 어긴 한 번의 사건입니다.",
            "A rule says what is wrong; an alert is one time it really was.",
        ),
    ),
    _between(
        "iowait", "disk_busy", ("입출력 대기와 디스크 사용 시간", "I/O wait and disk busy"),
        (
            "입출력 대기는 CPU 쪽에서 본 기다린 시간이고, 디스크 사용 시간은 디스크 쪽에서 본 바쁜 시간입니다. CPU가 다른 일로 바쁘면 디스크가 바빠도 입출력 대기는 낮게 보입니다.",
            "I/O wait is waiting as the processors see it, disk busy is work as the disk sees it. With processors busy otherwise, I/O wait stays low beside a busy disk.",
        ),
    ),
    _between(
        "zombie", "oom_killer", ("좀비와 OOM으로 종료된 프로세스", "Zombies and OOM-killed processes"),
        (
            "좀비는 이미 끝났지만 부모가 거두지 않은 것이고, OOM은 메모리가 모자라 커널이 강제로 끝낸 것입니다.",
            "A zombie has ended and was not collected by its parent; an OOM kill is the kernel ending a process for lack of memory.",
        ),
    ),
)  # fmt: skip

"""Runbooks of memory: full, fought over, leaking, swapped out."""

from __future__ import annotations

from lib.mcp.knowledge.texts import Text
from lib.mcp.knowledge.troubleshooting.form import Runbook, step, texts

HIGH_MEMORY = Runbook(
    topic="high_memory",
    title=Text("메모리가 부족할 때", "High memory use"),
    symptom=Text(
        "메모리 사용률(memory)이 높습니다. 기본 규칙은 15분 동안 90%를 넘으면 경고, 97%를 넘으면 위험으로 봅니다. 에이전트는 캐시를 빼고, 새로 쓸 수 없는 몫만 셉니다.",
        "Memory (memory) is high. The default rule warns above 90 % for 15 minutes and calls 97 % critical. The agent counts what could not be given to somebody else, so caches are left out.",
    ),
    live=Text("{server}: 메모리 {value}{unit}", "{server}: memory {value}{unit}"),
    checks=(
        step(
            ("실제로 남은 양을 봅니다. free가 아니라 available 열이 기준입니다.", "See what is really left: the column 'available', not 'free'."),
            ("available이 넉넉하면 캐시일 뿐 문제가 아닙니다. 적고 스왑도 늘면 정말 부족한 것입니다.", "Plenty available: it is cache and no trouble. Little, with swap growing: it is truly short."),
            linux="free -h",
            windows="Get-CimInstance Win32_OperatingSystem |\n  Select-Object @{n='TotalMB';e={[int]($_.TotalVisibleMemorySize/1KB)}},@{n='FreeMB';e={[int]($_.FreePhysicalMemory/1KB)}}",
            macos="memory_pressure | tail -n 3\nvm_stat",
        ),
        step(
            ("메모리를 많이 쓰는 프로세스를 봅니다.", "See which processes hold most."),
            ("같은 이름이 여럿이면 작업자 수가 많은 것이고, 하나가 계속 커지면 누수를 의심합니다.", "Many of one name: too many workers. A single one that keeps growing: suspect a leak."),
            linux="ps -eo pid,user,rss,pmem,etime,comm --sort=-rss | head -n 15",
            windows="Get-Process | Sort-Object WorkingSet64 -Descending |\n  Select-Object -First 15 Id,ProcessName,@{n='MB';e={[int]($_.WorkingSet64/1MB)}}",
            macos="top -l 1 -o mem -n 15",
        ),
        step(
            ("프로세스가 아닌 곳(공유 메모리, 커널 슬랩)이 쓰는지 확인합니다.", "See whether it is no process at all: shared memory, or the kernel's slabs."),
            ("공유 메모리(/dev/shm)나 tmpfs에 큰 파일이 있으면 그것이 메모리입니다. 슬랩이 크면 파일을 매우 많이 여는 작업을 찾습니다.", "Big files in /dev/shm or a tmpfs are memory. Large slabs come from work that touches a great many files."),
            linux="df -h -t tmpfs\nslabtop -o -s c | head -n 15",
        ),
    ),
    fixes=(
        step(
            ("가장 큰 서비스를 재시작해 여유를 확보합니다.", "Restart the largest service to gain room."),
            linux="systemctl restart {process}",
            windows="Restart-Service -Name {process}",
            macos="sudo launchctl kickstart -k system/LABEL",
        ),
        step(
            ("서비스 설정에서 상한을 맞춥니다: 작업자 수, JVM -Xmx, 데이터베이스 버퍼(shared_buffers, innodb_buffer_pool_size). 합이 실제 메모리보다 작아야 합니다.", "Set limits in the services themselves: workers, the JVM's -Xmx, database buffers (shared_buffers, innodb_buffer_pool_size). Together they must stay below what the machine has."),
        ),
        step(
            ("한 서비스가 서버 전체를 끌고 가지 않도록 상한을 겁니다.", "Give a service a ceiling, so that it cannot take the whole machine down."),
            linux="systemctl set-property {process} MemoryMax=2G",
        ),
        step(("그래도 모자라면 메모리를 늘립니다. 서버 화면의 '적정 크기' 분석이 일주일 치 기록부터 알려 줍니다.", "If that is not enough, add memory; with a week of history the server's page says what size would do.")),
    ),
    verify=(
        step(
            ("available이 늘고 스왑 입출력(si, so)이 0에 가까운지 봅니다. 기본 규칙은 80% 아래로 5분이 지나면 알림을 끝냅니다.", "More is available and swapping (si, so) is near 0. The default rule ends after 5 minutes below 80 %."),
            linux="free -h\nvmstat 2 5",
            macos="memory_pressure | tail -n 3",
            windows="Get-CimInstance Win32_OperatingSystem | Select-Object FreePhysicalMemory,FreeVirtualMemory",
        ),
    ),
    safety=texts(
        ("drop_caches로 캐시를 비우는 것은 해결이 아닙니다. 디스크 읽기만 늘어 더 느려집니다.", "Dropping caches solves nothing: it only makes everything read from disk again."),
        ("MemoryMax를 넘으면 그 서비스가 강제 종료됩니다. 평소 사용량보다 넉넉하게 잡습니다.", "A service that passes its MemoryMax is killed: leave room above what it usually needs."),
    ),
    keywords=Text("램, 멤, 메모리 부족, 메모리 사용률, 메모리 확보, 메모리 꽉", "ram, memory, memory pressure, low memory, running out of memory, memory usage"),
    metrics=("memory", "swap"),
    related=("oom", "memory_leak", "swap"),
)  # fmt: skip

OOM = Runbook(
    topic="oom",
    title=Text("메모리 부족으로 프로세스가 강제 종료될 때(OOM)", "Killed for lack of memory (OOM)"),
    symptom=Text(
        "서비스가 갑자기 사라지고 에이전트가 OOM 이벤트를 보고합니다. 커널이나 cgroup이 메모리를 확보하려고 프로세스를 강제 종료한 것입니다. memory와 swap이 직전에 높았는지 봅니다.",
        "A service vanishes and the agent reports an OOM event: the kernel, or a cgroup's limit, killed a process to get memory back. See whether memory and swap were high just before.",
    ),
    notes=(("windows", Text("Windows에는 OOM 킬러가 없습니다. 커밋 한도에 닿으면 할당이 실패하고, 이벤트 2004가 가장 많이 쓴 프로세스를 알려 줍니다.", "Windows has no OOM killer: at the commit limit allocations fail, and event 2004 names the largest processes.")),),
    live=Text("{server}: 메모리 {value}{unit}", "{server}: memory {value}{unit}"),
    checks=(
        step(
            ("누가 언제 종료됐는지 커널 기록에서 찾습니다. 그 뒤 재부팅했다면 journalctl에 -b -1을 붙입니다.", "Find who was killed and when. If the machine was rebooted since, add -b -1 to journalctl."),
            ("'Out of memory'는 서버 전체, 'Memory cgroup out of memory'는 그 서비스나 컨테이너의 상한이 모자란 것입니다.", "'Out of memory' means the whole machine; 'Memory cgroup out of memory' means the limit of that service or container."),
            linux="journalctl -k --grep 'out of memory|oom-kill' --no-pager\ndmesg -T | grep -iE 'out of memory|oom-kill'",
            windows="Get-WinEvent -FilterHashtable @{LogName='System'; ProviderName='Microsoft-Windows-Resource-Exhaustion-Detector'; Id=2004} -MaxEvents 10 |\n  Format-List TimeCreated,Message",
            macos="ls -t /Library/Logs/DiagnosticReports | grep -i jetsam | head",
        ),
        step(
            ("서비스나 컨테이너가 그 때문에 끝났는지 확인합니다.", "See whether the service or container ended for that reason."),
            ("Result=oom-kill 또는 OOMKilled true(종료 코드 137)면 상한과 사용량을 견줘 봅니다.", "Result=oom-kill, or OOMKilled true (exit code 137): compare its limit with what it uses."),
            linux="systemctl show {process} -p Result -p MemoryMax -p MemoryCurrent\ndocker inspect -f '{{.State.OOMKilled}} {{.State.ExitCode}}' CONTAINER\nkubectl describe pod POD | grep -A 5 'Last State'",
        ),
        step(
            ("종료 직전에 무엇이 커졌는지 서버 화면의 메모리 차트와 프로세스 목록에서 확인합니다.", "On the server's page, see in the memory chart and the process list what grew before it."),
            ("종료된 프로세스가 원인이 아닐 수 있습니다. 커널은 가장 큰 것을 고릅니다.", "The victim need not be the culprit: the kernel picks the largest."),
        ),
    ),
    fixes=(
        step(
            ("종료된 서비스를 다시 시작합니다.", "Start what was killed."),
            linux="systemctl reset-failed {process}\nsystemctl start {process}",
            windows="Start-Service -Name {process}",
            macos="sudo launchctl kickstart -k system/LABEL",
        ),
        step(
            ("상한이 원인이면 올리고, 서버 전체가 모자라면 큰 서비스의 사용량을 줄이거나 메모리를 늘립니다.", "If its limit was the reason, raise it; if the machine ran out, make the large ones smaller or add memory."),
            linux="systemctl set-property {process} MemoryMax=4G",
        ),
        step(
            ("꼭 살아 있어야 하는 서비스는 나중에 선택되도록 합니다. 편집기가 열리면 아래 두 줄을 넣습니다.", "Let an essential service be chosen last: put these two lines into the editor that opens."),
            linux="systemctl edit {process}\n# [Service]\n# OOMScoreAdjust=-500",
        ),
    ),
    verify=(
        step(
            ("서비스가 살아 있고 oom_kill 수가 더 늘지 않는지 봅니다.", "The service runs and the oom_kill counter stands still."),
            linux="systemctl is-active {process}\ngrep oom_kill /proc/vmstat",
            windows="Get-Service -Name {process}",
            macos="sudo launchctl print system/LABEL | grep state",
        ),
    ),
    safety=texts(
        ("OOMScoreAdjust=-1000으로 완전히 제외하지 않습니다. 그 프로세스가 새면 서버 전체가 멈춥니다.", "Do not exempt a process altogether (-1000): if that one leaks, the whole machine hangs."),
        ("데이터베이스가 강제 종료됐다면 다시 띄운 뒤 복구 로그를 확인하기 전까지 쓰기를 보내지 않습니다.", "If a database was killed, read its recovery log before you send writes to it again."),
    ),
    keywords=Text("OOM, 오오엠, OOM 킬러, 강제 종료, 137, 메모리 부족으로 죽음", "oom killer, oomkilled, out of memory, killed process, exit code 137, exit 137"),
    metrics=("memory", "swap"),
    related=("high_memory", "memory_leak", "swap", "service_down"),
)  # fmt: skip

MEMORY_LEAK = Runbook(
    topic="memory_leak",
    title=Text("메모리 누수가 의심될 때", "Suspected memory leak"),
    symptom=Text(
        "메모리(memory)가 요청량과 상관없이 계속 늘고, 재시작하면 떨어졌다가 다시 같은 기울기로 늡니다. 예측에서 도달 시각이 보이기도 합니다.",
        "Memory (memory) grows whatever the traffic does, falls at a restart and grows again at the same slope. The forecast may say when it will be full.",
    ),
    live=Text("{server}: 메모리 {value}{unit}", "{server}: memory {value}{unit}"),
    checks=(
        step(
            ("한 프로세스가 계속 커지는지 몇 분 간격으로 재어 봅니다.", "Measure one process a few minutes apart."),
            ("RSS가 내려가지 않고 늘기만 하면 누수일 가능성이 큽니다. 늘다 멈추면 캐시가 채워지는 것입니다.", "RSS that only ever grows is likely a leak; growth that levels off is a cache filling."),
            linux="pidstat -r -p PID 60 5\ngrep -E 'VmRSS|VmSwap|Threads' /proc/PID/status",
            windows="1..5 | ForEach-Object { Get-Process -Id PID | Select-Object WorkingSet64,PrivateMemorySize64,HandleCount; Start-Sleep -Seconds 60 }",
            macos="ps -o pid,rss,etime,command -p PID",
        ),
        step(
            ("힙인지 힙 밖인지 나눕니다(런타임에 맞는 명령을 고릅니다).", "Heap or not? Choose what fits the runtime."),
            ("Java 힙이 전체 GC 뒤에도 늘면 객체가 붙잡혀 있는 것입니다. 힙은 그대로인데 RSS만 늘면 네이티브 버퍼나 스레드를 봅니다.", "A Java heap that grows even after a full GC holds on to objects; RSS growing beside a steady heap points to native buffers or threads."),
            linux="grep -E '^(Rss|Pss|Private_Dirty)' /proc/PID/smaps_rollup\njcmd PID GC.heap_info\njstat -gcutil PID 5s 6",
            windows="jcmd PID GC.heap_info",
        ),
        step(
            ("증가가 시작된 시각의 배포, 설정 변경을 서버 화면의 이벤트와 견줍니다.", "Compare the beginning of the growth with deploys and changes among the server's events."),
        ),
    ),
    fixes=(
        step(
            ("증거(힙 덤프)를 남긴 뒤 재시작합니다. 덤프를 뜨는 동안 프로세스가 멈춥니다.", "Keep a heap dump as evidence, then restart. The process stands still while it is written."),
            linux="jcmd PID GC.heap_dump /var/tmp/heap.hprof\nsystemctl restart {process}",
            windows="Restart-Service -Name {process}",
            macos="sudo launchctl kickstart -k system/LABEL",
        ),
        step(
            ("고칠 때까지 정해진 시간마다 재시작되게 합니다. 편집기가 열리면 아래 줄을 넣습니다.", "Until it is mended, let it restart after a time: put these lines into the editor that opens."),
            linux="systemctl edit {process}\n# [Service]\n# RuntimeMaxSec=1d\n# Restart=always\n# MemoryMax=2G",
        ),
        step(("원인이 최근 배포라면 이전 버전으로 되돌립니다.", "If a recent deploy brought it, go back to the version before.")),
    ),
    verify=(
        step(
            ("재시작 뒤 하루 동안 기울기가 사라졌는지 메모리 차트로 확인합니다.", "Watch the memory chart for a day: the slope should be gone."),
            linux="ps -o pid,rss,etime,comm -p PID",
            macos="ps -o pid,rss,etime,command -p PID",
            windows="Get-Process -Id PID | Select-Object WorkingSet64,StartTime",
        ),
    ),
    safety=texts(
        ("힙 덤프에는 비밀번호나 개인정보가 들어 있을 수 있습니다. 접근을 제한하고 다 쓰면 지웁니다.", "A heap dump may hold passwords and personal data: restrict it, and delete it afterwards."),
        ("덤프는 힙만큼 큽니다. 쓰기 전에 디스크 여유를 확인합니다.", "A dump is as large as the heap: see that the disk has room."),
    ),
    keywords=Text("누수, 메모리 릭, 계속 늘어남, 힙 덤프, 가비지 컬렉션, 메모리가 계속 증가", "leak, leaking, gc pauses, garbage collection, memory keeps growing, heap dump, grows until restart"),
    metrics=("memory", "swap"),
    related=("high_memory", "oom"),
)  # fmt: skip

SWAP = Runbook(
    topic="swap",
    title=Text("스왑을 많이 쓸 때", "Heavy swapping"),
    symptom=Text(
        "스왑 사용률(swap)이 높거나 스왑 입출력이 계속 일어나 전체가 느려집니다. 사용률이 높아도 입출력이 없으면 급하지 않습니다. 건강 점수는 25%부터 감점합니다.",
        "Swap (swap) is high, or pages move in and out all the time and everything is slow. Used swap without movement is not urgent. The health score takes points from 25 % on.",
    ),
    live=Text("{server}: 스왑 {value}{unit}", "{server}: swap {value}{unit}"),
    checks=(
        step(
            ("지금 움직이는지 봅니다(si, so 열).", "See whether it moves now (columns si, so)."),
            ("si, so가 계속 0보다 크면 메모리가 모자랍니다. 0이면 예전에 밀려난 페이지일 뿐입니다.", "si and so above 0 all the time: memory is short. At 0 it is only pages put away long ago."),
            linux="free -h\nswapon --show\nvmstat 2 5",
            windows="Get-CimInstance Win32_PageFileUsage | Select-Object Name,AllocatedBaseSize,CurrentUsage,PeakUsage\nGet-CimInstance Win32_PerfFormattedData_PerfOS_Memory | Select-Object PagesInputPersec,PagesOutputPersec",
            macos="sysctl vm.swapusage\nvm_stat 2 | head -n 6",
        ),
        step(
            ("누구의 페이지가 나가 있는지 봅니다.", "See whose pages are out."),
            ("큰 프로세스의 설정(힙, 버퍼, 작업자 수)을 먼저 줄입니다.", "Make the largest one smaller first (heap, buffers, workers)."),
            linux="grep VmSwap /proc/[0-9]*/status | sort -k2,2nr | head -n 15",
        ),
    ),
    fixes=(
        step(
            ("메모리를 많이 쓰는 서비스를 줄이거나 재시작합니다.", "Shrink or restart what holds most memory."),
            linux="systemctl restart {process}",
            windows="Restart-Service -Name {process}",
            macos="sudo launchctl kickstart -k system/LABEL",
        ),
        step(
            ("덜 쉽게 스왑하도록 합니다. 두 번째 줄은 재부팅 뒤에도 유지합니다.", "Make the kernel swap less readily; the second line keeps it after a reboot."),
            linux="sysctl -w vm.swappiness=10\necho 'vm.swappiness = 10' > /etc/sysctl.d/90-swappiness.conf",
        ),
        step(
            ("스왑이 없거나 모자라면 파일로 늘립니다(ext4, XFS). 재부팅 뒤에도 쓰려면 /etc/fstab에 '/swapfile none swap sw 0 0'을 넣습니다.", "Without enough swap, add a file (ext4, XFS). To keep it after a reboot put '/swapfile none swap sw 0 0' into /etc/fstab."),
            linux="dd if=/dev/zero of=/swapfile bs=1M count=2048 status=progress\nchmod 600 /swapfile\nmkswap /swapfile\nswapon /swapfile",
        ),
    ),
    verify=(
        step(
            ("si, so가 0으로 돌아왔는지 봅니다.", "si and so are back at 0."),
            linux="vmstat 2 5",
            windows="Get-CimInstance Win32_PerfFormattedData_PerfOS_Memory | Select-Object PagesInputPersec,PagesOutputPersec",
            macos="vm_stat 2 | head -n 6",
        ),
    ),
    safety=texts(
        ("swapoff -a는 스왑에 있는 만큼 메모리 여유가 있을 때만 합니다. 모자라면 OOM이 일어납니다.", "swapoff -a only while as much memory is available as swap is used; else processes are killed."),
        ("쿠버네티스 노드는 보통 스왑을 끄고 씁니다. 켜기 전에 kubelet 설정을 확인합니다.", "Kubernetes nodes usually run without swap: look at the kubelet's settings before adding any."),
    ),
    keywords=Text("스와핑, 스와프, 페이지 파일, 페이징", "swapping, swap usage, page file, paging, thrashing"),
    metrics=("swap", "memory"),
    related=("high_memory", "oom", "disk_io"),
)  # fmt: skip

RUNBOOKS = (HIGH_MEMORY, OOM, MEMORY_LEAK, SWAP)

"""Runbooks of the processor: busy, and waited for."""

from __future__ import annotations

from lib.mcp.knowledge.texts import Text
from lib.mcp.knowledge.troubleshooting.form import Runbook, step, texts

HIGH_CPU = Runbook(
    topic="high_cpu",
    title=Text("CPU 사용률이 높을 때", "High CPU"),
    symptom=Text(
        "CPU 사용률(cpu)이 오래 높습니다. 기본 규칙은 15분 동안 90%를 넘으면 경고, 98%를 넘으면 위험으로 봅니다. 입출력 대기(iowait)와 스틸(steal)은 cpu에 들어가지 않습니다.",
        "CPU (cpu) stays high. The rule every install has warns above 90 % and calls it critical above 98 % once that has lasted 15 minutes. I/O wait (iowait) and steal are not part of cpu.",
    ),
    live=Text("{server}: CPU {value}{unit}", "{server}: CPU {value}{unit}"),
    checks=(
        step(
            ("지금 CPU를 쓰는 프로세스를 봅니다. 첫 화면은 부팅 후 평균에 가까우므로 두 번째 측정을 봅니다.", "See which process uses it now. The first reading is an average since boot, so look at the second."),
            ("하나가 대부분을 쓰면 그 프로세스의 문제이고, 고르게 쓰면 부하가 늘었거나 서버가 작은 것입니다.", "One process taking most of it is that process's problem; an even spread means more load or too small a machine."),
            linux="top -b -d 2 -n 2 -o %CPU -w 160 | awk '/^top -/ { n++ } n == 2' | head -n 20",
            windows="Get-CimInstance Win32_PerfFormattedData_PerfProc_Process |\n  Where-Object Name -notin '_Total','Idle' |\n  Sort-Object PercentProcessorTime -Descending |\n  Select-Object -First 15 IDProcess,Name,PercentProcessorTime",
            macos="top -l 2 -s 2 -o cpu -n 15",
        ),
        step(
            ("시간이 어디에 쓰이는지 나눠 봅니다(us, sy, wa, st 열).", "See what kind of time it is (columns us, sy, wa, st)."),
            ("us가 높으면 애플리케이션, sy가 높으면 커널(시스템 호출, 네트워크), wa가 높으면 디스크, st가 높으면 가상화 호스트를 나눠 쓰는 이웃이 원인입니다.", "High us: the application; sy: the kernel (system calls, network); wa: the disk; st: a neighbour on the same virtualisation host."),
            linux="vmstat 2 5",
            windows="Get-CimInstance Win32_PerfFormattedData_PerfOS_Processor |\n  Select-Object Name,PercentUserTime,PercentPrivilegedTime,PercentInterruptTime",
        ),
        step(
            ("의심되는 프로세스의 스레드와 시작 시각을 봅니다.", "Look at its threads and when it started."),
            ("시작 시각이 상승 시점과 같으면 배포나 배치 작업을 의심합니다. 스레드 하나만 100%면 무한 루프나 병렬화되지 않은 작업일 수 있습니다.", "Started when the rise began: suspect a deploy or a batch job. A single thread at 100 % may be an endless loop or work that cannot run in parallel."),
            linux="ps -o pid,lstart,user,args -p PID\ntop -H -b -n 1 -p PID | head -n 20",
            windows="Get-Process -Id PID | Select-Object Id,ProcessName,StartTime,CPU,@{n='Threads';e={$_.Threads.Count}}",
            macos="ps -o pid,lstart,user,command -p PID\nps -M PID",
        ),
        step(
            ("같은 시각에 예약 작업이나 배포가 있었는지 확인합니다.", "See whether a scheduled job or a deploy fell on that time."),
            linux="systemctl list-timers --all\njournalctl -u cron -u crond --since '1 hour ago' --no-pager",
            windows="Get-ScheduledTask | Get-ScheduledTaskInfo | Sort-Object LastRunTime -Descending | Select-Object -First 10 TaskName,LastRunTime",
        ),
    ),
    fixes=(
        step(
            ("급하지 않은 작업은 우선순위를 낮춥니다.", "Lower the priority of work that can wait."),
            linux="renice -n 10 -p PID",
            windows="(Get-Process -Id PID).PriorityClass = 'BelowNormal'",
            macos="sudo renice -n 10 -p PID",
        ),
        step(
            ("서비스가 쓸 수 있는 CPU를 제한합니다(150%는 코어 1.5개). 재부팅하면 풀립니다.", "Limit what a service may use (150 % is one and a half cores). It ends with a reboot."),
            linux="systemctl set-property --runtime {process} CPUQuota=150%",
        ),
        step(
            ("멈추지 않는 프로세스는 원인을 남긴 뒤 서비스를 재시작합니다. 최근 배포가 원인이면 이전 버전으로 되돌립니다.", "Restart the service once you have kept the evidence; if a recent deploy is the cause, go back to the version before it."),
            linux="systemctl restart {process}",
            windows="Restart-Service -Name {process}",
        ),
        step(("부하 자체가 늘었다면 서버를 늘리거나 코어를 추가합니다. 서버 화면의 '적정 크기' 분석을 참고해 주세요.", "If there is simply more load, add servers or cores; the server's page says what size would do.")),
    ),
    verify=(
        step(
            ("5분 이상 사용률이 내려간 상태로 유지되는지 봅니다. 기본 규칙은 80% 아래로 5분이 지나면 알림을 끝냅니다.", "See that it stays down for five minutes or more; the default rule ends its alert after 5 minutes below 80 %."),
            linux="vmstat 5 12",
            windows="Get-CimInstance Win32_PerfFormattedData_PerfOS_Processor -Filter \"Name='_Total'\" | Select-Object PercentProcessorTime",
            macos="top -l 3 -s 5 -n 0 | grep 'CPU usage'",
        ),
    ),
    safety=texts(
        ("kill -9는 마지막 수단입니다. 쓰던 데이터가 손상될 수 있으므로 먼저 정상 종료(systemctl stop, SIGTERM)를 시도합니다.", "kill -9 is the last resort: half-written data may be lost. Try a clean stop (systemctl stop, SIGTERM) first."),
        ("이름을 모르는 프로세스가 CPU를 쓰면 침해(채굴 프로그램)일 수 있습니다. 지우기 전에 실행 파일 경로와 접속 기록을 남깁니다.", "An unknown process may be an intruder's miner: note its file and its connections before you remove anything."),
    ),
    keywords=Text("씨피유, 프로세서, CPU 100%, 과부하, 스틸, 느려짐, CPU 치솟음, 온도, 과열", "cpu, processor, temperature, overheating, cpu spike, cpu at 100, pegged, steal, busy cores, cpu usage"),
    metrics=("cpu", "steal", "iowait", "load1", "temperature", "gpu"),
    related=("high_load", "disk_io", "slow_query", "zombie_process"),
)  # fmt: skip

HIGH_LOAD = Runbook(
    topic="high_load",
    title=Text("부하(load average)가 높을 때", "High load average"),
    symptom=Text(
        "부하(load1, load5, load15)가 코어 수보다 큽니다. 기본 규칙은 코어당 2를 15분 넘으면 경고, 4를 넘으면 위험으로 봅니다. 부하는 CPU를 기다리는 작업과 디스크를 기다리는 작업을 함께 셉니다.",
        "Load (load1, load5, load15) is larger than the number of cores. The default rule warns above 2 a core for 15 minutes and calls 4 a core critical. Load counts tasks that wait for a processor and tasks that wait for a disk.",
    ),
    live=Text("{server}: 부하 {value}", "{server}: load {value}"),
    notes=(("windows", Text("Windows에는 부하 평균이 없습니다. 프로세서 대기열 길이가 코어 수의 2배를 계속 넘는지로 판단합니다.", "Windows has no load average; a processor queue that stays above twice the cores says the same.")),),
    checks=(
        step(
            ("코어 수와 견줘 봅니다.", "Hold it against the number of cores."),
            ("load1이 load15보다 크면 늘어나는 중이고, 작으면 지나간 일입니다.", "load1 above load15: still rising. Below it: already passing."),
            linux="uptime\nnproc",
            macos="uptime\nsysctl -n hw.ncpu",
            windows="Get-CimInstance Win32_PerfFormattedData_PerfOS_System | Select-Object ProcessorQueueLength,Processes,Threads\n(Get-CimInstance Win32_ComputerSystem).NumberOfLogicalProcessors",
        ),
        step(
            ("무엇을 기다리는지 나눠 봅니다. R은 CPU, D는 디스크나 네트워크 저장소를 기다리는 상태입니다.", "See what the tasks wait for: R is a processor, D is a disk or network storage."),
            ("R이 많으면 'CPU 사용률이 높을 때', D가 많으면 '디스크 입출력이 느릴 때'를 따릅니다. 응답 없는 NFS도 D를 쌓습니다.", "Many in R: go on with High CPU. Many in D: go on with Slow disk I/O. A dead NFS server piles up D, too."),
            linux="ps -eo state,pid,ppid,wchan:32,comm | awk '$1 ~ /^[DR]/'",
        ),
        step(
            ("압력(PSI)으로 어느 자원이 모자란지 확인합니다. 파일이 없으면 커널이 지원하지 않거나 꺼져 있는 것입니다.", "Ask the kernel's pressure figures which resource is short. Where the files are missing it is not supported or switched off."),
            ("some avg60이 큰 쪽이 부족한 자원입니다.", "The one with the largest 'some avg60' is short."),
            linux="grep -H . /proc/pressure/cpu /proc/pressure/io /proc/pressure/memory",
        ),
    ),
    fixes=(
        step(
            ("동시에 도는 일괄 작업을 나누거나 시간을 옮깁니다.", "Spread batch jobs, or move them to another hour."),
            linux="systemctl list-timers --all\ncrontab -l",
            macos="launchctl list\ncrontab -l",
            windows="Get-ScheduledTask | Where-Object State -eq 'Running'",
        ),
        step(
            ("작업자(worker) 수가 코어 수보다 지나치게 많으면 줄이고 다시 불러옵니다.", "If there are far more workers than cores, configure fewer and reload."),
            linux="systemctl reload {process}",
        ),
        step(
            ("응답하지 않는 네트워크 저장소는 연결을 되살리거나, 쓰는 곳이 없을 때 분리합니다.", "Bring a dead network mount back, or detach it once nobody needs it."),
            linux="findmnt -t nfs,nfs4,cifs\numount -l MOUNTPOINT",
        ),
    ),
    verify=(
        step(
            ("load1이 내려가고 load5, load15가 따라오는지 봅니다. 기본 규칙은 코어당 1.5 아래로 5분이 지나면 알림을 끝냅니다.", "load1 falls first, load5 and load15 follow. The default rule ends after 5 minutes below 1.5 a core."),
            linux="uptime",
            macos="uptime",
            windows="Get-CimInstance Win32_PerfFormattedData_PerfOS_System | Select-Object ProcessorQueueLength",
        ),
    ),
    safety=texts(
        ("D 상태의 프로세스는 kill -9로도 끝나지 않습니다. 기다리는 장치를 먼저 고칩니다.", "A process in state D does not die, not even by kill -9. Mend the device it waits for."),
        ("umount -l은 열려 있는 파일의 쓰기를 잃을 수 있습니다.", "umount -l can lose writes of files that are still open."),
    ),
    keywords=Text("로드, 로드 애버리지, 부하 평균, 과부하, 대기열, 부하율", "load, load average, overloaded, run queue, too many processes, system is overloaded"),
    metrics=("load1", "load5", "load15", "cpu", "iowait", "requests"),
    related=("high_cpu", "disk_io", "zombie_process"),
)  # fmt: skip

RUNBOOKS = (HIGH_CPU, HIGH_LOAD)

"""Runbooks of services: down, failing, out of handles, and children nobody collects."""

from __future__ import annotations

from lib.mcp.knowledge.texts import Text
from lib.mcp.knowledge.troubleshooting.form import Runbook, step, texts

SERVICE_DOWN = Runbook(
    topic="service_down",
    title=Text("서비스가 죽었거나 시작되지 않을 때", "Service down"),
    symptom=Text(
        "서비스가 멈췄거나 시작하자마자 끝납니다. 오류율(error_rate)이 오르거나 연결 수(connections)가 갑자기 줄고, 서버 화면에 오류가 늘어납니다.",
        "A service has stopped, or ends as soon as it starts. Error rate (error_rate) rises or connections (connections) drop at once, and errors gather on the server's page.",
    ),
    live=Text("{server}: {process}", "{server}: {process}"),
    checks=(
        step(
            ("상태와 마지막 기록을 봅니다.", "See its state and its last words."),
            ("203/EXEC는 실행 파일이 없거나 권한이 없는 것, 137은 강제 종료(OOM일 수 있음), 1은 대개 설정 오류입니다.", "203/EXEC: the program is missing or not executable. 137: killed, perhaps for memory. 1: mostly its configuration."),
            linux="systemctl status {process} --no-pager -l\njournalctl -u {process} -n 100 --no-pager",
            windows="Get-Service -Name {process} | Format-List *\nGet-WinEvent -FilterHashtable @{LogName='System'; ProviderName='Service Control Manager'} -MaxEvents 20 | Format-List TimeCreated,Message",
            macos="sudo launchctl print system/LABEL | head -n 30\nlog show --last 30m --predicate 'process == \"{process}\"' | tail -n 50",
        ),
        step(
            ("설정을 검사합니다(쓰는 프로그램의 명령만).", "Test the configuration (the line that fits the program)."),
            linux="nginx -t\napachectl configtest\nsshd -t\nhaproxy -c -f /etc/haproxy/haproxy.cfg",
            macos="nginx -t",
        ),
        step(
            ("필요한 것이 갖춰졌는지 봅니다: 디스크, 포트, 의존 서비스, 최근 업데이트.", "See what it needs: disk, port, other services, recent updates."),
            ("디스크가 꽉 찼거나 포트가 잡혀 있으면 그 런북을 먼저 따릅니다.", "A full disk or a taken port: follow that runbook first."),
            linux="df -h\nsystemctl list-units --failed\nsystemctl list-dependencies {process} --no-pager",
            debian="tail -n 30 /var/log/apt/history.log",
            rhel="dnf history list | head -n 10",
            windows="Get-Volume\n(Get-Service -Name {process}).ServicesDependedOn\nGet-HotFix | Sort-Object InstalledOn -Descending | Select-Object -First 5",
        ),
    ),
    fixes=(
        step(
            ("원인을 고친 뒤 시작합니다. 너무 자주 실패해 막혔다면 먼저 초기화합니다.", "Mend the cause and start it. If systemd gave up on it, reset that first."),
            linux="systemctl reset-failed {process}\nsystemctl start {process}",
            windows="Start-Service -Name {process}",
            macos="sudo launchctl kickstart -k system/LABEL",
        ),
        step(("설정 변경이나 배포가 원인이면 직전 버전으로 되돌립니다.", "If a change or deploy brought it, go back to the version before.")),
        step(
            ("죽어도 스스로 다시 뜨게 합니다.", "Let it come back by itself."),
            linux="systemctl enable {process}\nsystemctl edit {process}\n# [Service]\n# Restart=on-failure\n# RestartSec=5",
            windows="sc.exe failure {process} reset= 86400 actions= restart/5000/restart/30000/restart/60000",
        ),
    ),
    verify=(
        step(
            ("살아 있고, 실제로 응답하는지 봅니다.", "It runs, and it answers."),
            linux="systemctl is-active {process}\nss -ltnp\ncurl -sS -o /dev/null -w '%{http_code}\\n' http://127.0.0.1:{port}/",
            windows="Get-Service -Name {process}\nTest-NetConnection -ComputerName 127.0.0.1 -Port {port}",
            macos="sudo launchctl print system/LABEL | grep state",
        ),
    ),
    safety=texts(
        ("재시작을 되풀이하기 전에 로그를 남깁니다. 증거가 사라지고 데이터가 손상될 수 있습니다.", "Keep the log before you restart again and again: evidence goes, and data may be damaged."),
        ("데이터베이스와 저장소 서비스는 kill -9로 끝내지 않습니다.", "Never end a database or a storage service by kill -9."),
    ),
    keywords=Text("서비스 다운, 서비스 중지, 데몬, 기동 실패, 안 올라, 안 켜, 재시작 반복", "service down, service stopped, will not start, crash loop, daemon died, failed unit"),
    metrics=("error_rate", "connections", "requests"),
    related=("oom", "port_conflict", "disk_full", "http_5xx"),
)  # fmt: skip

HTTP_5XX = Runbook(
    topic="http_5xx",
    title=Text("HTTP 5xx 오류가 늘 때", "HTTP 5xx errors"),
    symptom=Text(
        "오류율(error_rate)이 오르고 500, 502, 503, 504 응답이 늘어납니다. 건강 점수는 오류율 1%부터 감점합니다. 요청 수(requests)와 지연 시간(latency)이 함께 변했는지 봅니다.",
        "Error rate (error_rate) rises: answers of 500, 502, 503 or 504. The health score takes points from 1 % on. See whether requests (requests) and latency (latency) changed with it.",
    ),
    live=Text("{server}: 오류율 {value}{unit}", "{server}: error rate {value}{unit}"),
    checks=(
        step(
            ("어떤 코드가 어떤 경로에서 나는지 셉니다(nginx 기본 형식).", "Count codes and paths (nginx's default format)."),
            ("502는 뒤의 애플리케이션이 죽었거나 연결을 끊은 것, 503은 과부하나 점검, 504는 뒤가 느린 것, 500은 코드의 오류입니다.", "502: the application behind is down or hangs up. 503: overload or maintenance. 504: it is too slow. 500: a bug in the code."),
            linux="awk '$9 ~ /^5/ { print $9, $7 }' /var/log/nginx/access.log | sort | uniq -c | sort -rn | head -n 20",
            windows="Get-ChildItem C:\\inetpub\\logs\\LogFiles\\W3SVC1\\*.log | Sort-Object LastWriteTime | Select-Object -Last 1 | Get-Content -Tail 200 | Select-String ' 50[0-9] '",
        ),
        step(
            ("프록시와 애플리케이션의 오류 로그를 같은 시각으로 봅니다.", "Read the proxy's and the application's error logs at that time."),
            linux="tail -n 50 /var/log/nginx/error.log\njournalctl -u {process} --since '15 min ago' --no-pager | tail -n 100",
            rhel="tail -n 50 /var/log/httpd/error_log",
            debian="tail -n 50 /var/log/apache2/error.log",
            windows="Get-WinEvent -FilterHashtable @{LogName='Application'; Level=2} -MaxEvents 20 | Format-List TimeCreated,Message",
        ),
        step(
            ("프록시를 거치지 않고 애플리케이션에 직접 물어봅니다.", "Ask the application without the proxy."),
            ("직접은 되고 프록시로 안 되면 프록시 설정이나 시간 제한입니다.", "Direct works, through the proxy not: the proxy's settings or time-outs."),
            linux="curl -sS -o /dev/null -w '%{http_code} %{time_total}\\n' http://127.0.0.1:{port}/",
            windows="curl.exe -sS -o NUL -w \"%{http_code} %{time_total}\\n\" http://127.0.0.1:{port}/",
            macos="curl -sS -o /dev/null -w '%{http_code} %{time_total}\\n' http://127.0.0.1:{port}/",
        ),
        step(("뒤에 있는 것을 봅니다: 데이터베이스, 캐시, 외부 API. 배포 이벤트가 그 직전에 있었는지 확인합니다.", "See what stands behind: database, cache, other APIs; and whether a deploy came just before.")),
    ),
    fixes=(
        step(
            ("배포 직후라면 되돌립니다. 가장 빠르고 안전한 조치입니다.", "Right after a deploy, go back: it is the fastest and safest."),
        ),
        step(
            ("애플리케이션이 멈춰 있으면 로그를 남기고 재시작합니다.", "If the application hangs, keep its log and restart it."),
            linux="systemctl restart {process}",
            windows="Import-Module WebAdministration\nRestart-WebAppPool -Name APPPOOL",
        ),
        step(
            ("시간 제한이나 작업자 수를 고쳤으면 설정을 검사하고 끊김 없이 다시 불러옵니다.", "After changing time-outs or workers, test the configuration and reload without interruption."),
            linux="nginx -t && systemctl reload nginx",
            macos="nginx -t && nginx -s reload",
        ),
    ),
    verify=(
        step(
            ("같은 경로가 200으로 돌아왔고 새 5xx가 없는지 봅니다.", "The same paths answer 200 and no new 5xx comes."),
            linux="curl -sS -o /dev/null -w '%{http_code}\\n' https://{host}/\ntail -n 200 /var/log/nginx/access.log | awk '$9 ~ /^5/' | wc -l",
            windows="(Invoke-WebRequest -Uri https://{host}/ -UseBasicParsing).StatusCode",
            macos="curl -sS -o /dev/null -w '%{http_code}\\n' https://{host}/",
        ),
    ),
    safety=texts(
        ("시간 제한만 늘리면 느린 요청이 쌓여 더 크게 무너질 수 있습니다. 느린 원인을 먼저 찾습니다.", "Longer time-outs alone let slow requests pile up: find why they are slow."),
        ("여러 대라면 한 대씩 재시작해 서비스를 유지합니다.", "With several servers, restart one at a time."),
    ),
    keywords=Text("5xx, 500 에러, 502, 503, 504, 서버 오류, 에러율, 게이트웨이 오류", "5xx, 500 error, bad gateway, gateway timeout, service unavailable, internal server error, error rate"),
    metrics=("error_rate", "requests", "latency"),
    related=("service_down", "slow_query", "db_connections", "high_cpu"),
)  # fmt: skip

ZOMBIE_PROCESS = Runbook(
    topic="zombie_process",
    title=Text("좀비 프로세스가 쌓일 때", "Zombie processes"),
    symptom=Text(
        "상태가 Z(defunct)인 프로세스가 늘어납니다. 좀비는 CPU와 메모리를 쓰지 않지만 PID를 차지합니다. 부하(load1)에는 거의 영향이 없습니다.",
        "Processes in state Z (defunct) gather. They use neither CPU nor memory, but hold their PIDs. Load (load1) hardly notices.",
    ),
    notes=(("windows", Text("Windows에는 좀비 프로세스가 없습니다. 핸들이 새는 경우는 '파일 디스크립터가 부족할 때'를 참고해 주세요.", "Windows has no zombies. For leaking handles see Out of file descriptors.")),),
    checks=(
        step(
            ("좀비와 그 부모(PPID)를 봅니다.", "List them with their parents (PPID)."),
            ("부모가 하나로 모이면 그 프로그램이 자식의 종료를 거두지(wait) 않는 것입니다. 몇 개가 잠깐 보이는 것은 정상입니다.", "One common parent does not collect its children (wait). A few, for a moment, are normal."),
            linux="ps -eo pid,ppid,stat,etime,comm | awk '$3 ~ /^Z/'",
            macos="ps -axo pid,ppid,stat,etime,command | awk '$3 ~ /^Z/'",
        ),
        step(
            ("PID 여유를 확인합니다.", "See how many PIDs are left."),
            ("수가 pid_max에 가까우면 새 프로세스를 만들지 못합니다(fork: Resource temporarily unavailable).", "Near pid_max no new process can start (fork: Resource temporarily unavailable)."),
            linux="ps -e --no-headers | wc -l\ncat /proc/sys/kernel/pid_max",
        ),
        step(
            ("부모가 무엇인지 봅니다.", "See what the parent is."),
            linux="ps -o pid,ppid,user,lstart,args -p PPID\nsystemctl status PPID --no-pager",
            macos="ps -o pid,ppid,user,lstart,command -p PPID",
        ),
    ),
    fixes=(
        step(
            ("부모에게 자식을 거두라고 알립니다. 해가 없습니다.", "Tell the parent to collect them; it does no harm."),
            linux="kill -s CHLD PPID",
            macos="kill -s CHLD PPID",
        ),
        step(
            ("효과가 없으면 부모 서비스를 재시작합니다. 부모가 끝나면 init이 좀비를 거둡니다.", "If that does nothing, restart the parent's service: init then collects them."),
            linux="systemctl restart {process}",
            macos="sudo launchctl kickstart -k system/LABEL",
        ),
        step(
            ("컨테이너에서 쌓이면 init을 넣어 실행합니다.", "In a container, run it with an init."),
            linux="docker run --init IMAGE",
        ),
    ),
    verify=(
        step(
            ("좀비 수가 0인지 봅니다.", "None is left."),
            linux="ps -eo stat | grep -c '^Z'",
            macos="ps -axo stat | grep -c '^Z'",
        ),
    ),
    safety=texts(
        ("좀비에게 kill -9를 보내도 소용없습니다. 이미 끝난 프로세스입니다.", "kill -9 on a zombie does nothing: it is dead already."),
        ("부모가 데이터베이스나 컨테이너 런타임이면 재시작의 영향을 먼저 확인합니다.", "If the parent is a database or a container runtime, know what a restart means first."),
    ),
    keywords=Text("좀비, defunct, 자식 프로세스, 죽은 프로세스", "zombie, zombies, defunct, unreaped children"),
    metrics=("load1",),
    related=("high_load", "service_down"),
)  # fmt: skip

FILE_DESCRIPTORS = Runbook(
    topic="file_descriptors",
    title=Text("파일 디스크립터(핸들)가 부족할 때", "Out of file descriptors"),
    symptom=Text(
        "'Too many open files'(EMFILE)가 나오고 새 연결이나 파일을 열지 못합니다. 연결 수(connections)가 함께 늘었는지 봅니다.",
        "'Too many open files' (EMFILE): new connections and files cannot be opened. See whether connections (connections) rose with it.",
    ),
    live=Text("{server}: 연결 수 {value}", "{server}: {value} connections"),
    checks=(
        step(
            ("많이 연 프로세스를 찾습니다(root로).", "Find who has most open (as root)."),
            linux="for p in /proc/[0-9]*; do echo \"$(ls \"$p/fd\" 2>/dev/null | wc -l) ${p#/proc/} $(cat \"$p/comm\" 2>/dev/null)\"; done | sort -rn | head -n 15",
            windows="Get-Process | Sort-Object HandleCount -Descending | Select-Object -First 15 Id,ProcessName,HandleCount",
            macos="sudo lsof -nP | awk '{ print $2, $1 }' | sort | uniq -c | sort -rn | head -n 15",
        ),
        step(
            ("한도와 견줘 봅니다.", "Hold it against the limits."),
            ("프로세스 한도에 닿았으면 그 서비스의 설정, file-nr의 첫 수가 셋째 수에 가까우면 시스템 전체의 문제입니다.", "At the process's limit: that service's setting. First number of file-nr near the third: the whole system."),
            linux="grep 'open files' /proc/PID/limits\ncat /proc/sys/fs/file-nr",
            macos="launchctl limit maxfiles",
        ),
        step(
            ("무엇을 열어 두었는지 봅니다.", "See what it holds open."),
            ("소켓이 많고 CLOSE-WAIT이면 연결을 닫지 않는 것이고, 같은 파일이 되풀이되면 누수입니다.", "Many sockets in CLOSE-WAIT: connections are never closed. The same file again and again: a leak."),
            linux="lsof -nP -p PID | awk '{ print $5 }' | sort | uniq -c | sort -rn\nss -tanp state close-wait | head",
            macos="sudo lsof -nP -p PID | awk '{ print $5 }' | sort | uniq -c | sort -rn",
        ),
    ),
    fixes=(
        step(
            ("실행 중인 프로세스의 한도를 바로 올려 시간을 법니다.", "Raise the limit of the running process to gain time."),
            linux="prlimit --pid PID --nofile=65536:65536",
        ),
        step(
            ("서비스 한도를 설정에 남깁니다. 편집기가 열리면 아래 두 줄을 넣고 재시작합니다.", "Keep it in the service: put these two lines into the editor that opens, and restart."),
            linux="systemctl edit {process}\n# [Service]\n# LimitNOFILE=65536\nsystemctl restart {process}",
        ),
        step(
            ("시스템 전체 한도를 올립니다.", "Raise the limit of the system."),
            macos="sudo launchctl limit maxfiles 65536 200000",
            linux="sysctl -w fs.file-max=2097152\necho 'fs.file-max = 2097152' > /etc/sysctl.d/90-file-max.conf",
        ),
        step(
            ("누수면 재시작으로 시간을 벌고 코드에서 닫지 않는 곳을 고칩니다.", "For a leak, a restart gains time; mend the place that does not close."),
            windows="Restart-Service -Name {process}",
        ),
    ),
    verify=(
        step(
            ("새 한도가 적용됐고 열린 수가 계속 늘지 않는지 봅니다.", "The new limit holds, and the number does not keep growing."),
            linux="grep 'open files' /proc/PID/limits\nls /proc/PID/fd | wc -l",
            windows="Get-Process -Id PID | Select-Object HandleCount",
            macos="sudo lsof -nP -p PID | wc -l",
        ),
    ),
    safety=texts(
        ("/etc/security/limits.conf는 로그인 세션에만 적용됩니다. systemd 서비스는 LimitNOFILE로 정합니다.", "/etc/security/limits.conf holds for logins only; services of systemd take LimitNOFILE."),
        ("한도를 끝없이 올리면 누수가 메모리 부족으로 나타납니다.", "With ever higher limits a leak only shows later, as lack of memory."),
    ),
    keywords=Text("파일 핸들, 파일 디스크립터, 핸들 고갈, 열린 파일, ulimit, FD 부족", "file descriptors, too many open files, emfile, ulimit, fd limit, file handles, open file limit"),
    metrics=("connections",),
    related=("connection_refused", "memory_leak", "service_down"),
)  # fmt: skip

RUNBOOKS = (SERVICE_DOWN, HTTP_5XX, ZOMBIE_PROCESS, FILE_DESCRIPTORS)

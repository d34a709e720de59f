"""Runbooks of silence: a server nobody can reach, and an agent that does not report."""

from __future__ import annotations

from lib.mcp.knowledge.texts import Text
from lib.mcp.knowledge.troubleshooting.form import Runbook, step, texts

SERVER_UNREACHABLE = Runbook(
    topic="server_unreachable",
    title=Text("서버에 접속되지 않을 때", "Server unreachable"),
    symptom=Text(
        "서버가 오프라인으로 보이고 ping이나 접속이 되지 않습니다. 보고 간격의 세 배에 30초를 더한 시간 동안 소식이 없으면 오프라인으로 봅니다. 여러 대(셋 이상, 절반)가 함께 조용해지면 모니터 쪽 문제일 수 있습니다.",
        "The server is shown as offline and neither ping nor login works. Offline means nothing heard for three reporting intervals and 30 seconds. If half of the fleet (three or more) falls silent together it may be the monitor's own trouble.",
    ),
    live=Text("{server}: 마지막 보고 {value}{unit} 전", "{server}: last heard {value}{unit} ago"),
    checks=(
        step(("'같은 그룹의 다른 서버는 정상이야?'라고 물어봅니다. 같은 스위치, 랙, 가용 영역의 서버가 함께 끊겼으면 그쪽 장애입니다.", "Ask whether others of its group are well. If those on the same switch, rack or zone went with it, look there.")),
        step(
            ("다른 서버에서 단계별로 확인합니다.", "From another machine, go step by step."),
            ("핑은 되는데 SSH가 안 되면 서버는 살아 있고 서비스나 방화벽 문제입니다. 둘 다 안 되면 전원, 커널, 네트워크입니다.", "Ping works, SSH does not: the machine lives, look at service or firewall. Neither: power, kernel or network."),
            linux="ping -c 5 {host}\nnc -vz -w 5 {host} 22\nmtr -rwnc 20 {host}",
            windows="Test-NetConnection -ComputerName {host} -TraceRoute\nTest-NetConnection -ComputerName {host} -Port 3389",
            macos="ping -c 5 {host}\nnc -vz -w 5 {host} 22\ntraceroute -n {host}",
        ),
        step(("콘솔(IPMI, iDRAC, iLO, 클라우드 콘솔)에서 전원과 마지막 화면을 봅니다. 커널 패닉, OOM, 파일 시스템 오류, 로그인 화면 가운데 무엇인지가 원인을 나눕니다. 클라우드라면 예정된 점검과 결제도 봅니다.", "At its console (IPMI, iDRAC, iLO, cloud) see power and the last screen: a panic, OOM, a file system error or a login prompt are different causes. With a cloud, see planned maintenance and billing, too.")),
    ),
    fixes=(
        step(("네트워크면 보안 그룹, 방화벽, 라우팅의 최근 변경을 되돌립니다.", "Network: undo recent changes of security groups, firewall or routes.")),
        step(
            ("콘솔로 들어갈 수 있으면 인터페이스와 디스크를 확인하고 고칩니다.", "If the console lets you in, see interfaces and disk."),
            linux="ip addr\nip route\ndf -h\nsystemctl list-units --failed",
            windows="Get-NetIPConfiguration\nGet-Volume",
            macos="ifconfig\nnetstat -rn\ndf -h",
        ),
        step(("반응이 전혀 없으면 콘솔에서 먼저 정상 종료를 시도하고, 안 될 때만 강제로 재부팅합니다.", "If nothing answers, try a clean shutdown at the console, and only then a hard reset.")),
    ),
    verify=(
        step(
            ("살아난 뒤 왜 멈췄는지 기록에서 찾습니다.", "Once it is back, find why it stopped."),
            linux="last -x reboot shutdown | head\njournalctl --list-boots\njournalctl -b -1 -n 100 --no-pager",
            windows="Get-WinEvent -FilterHashtable @{LogName='System'; Id=41,1074,6008} -MaxEvents 10 | Format-List TimeCreated,Id,Message",
            macos="last reboot | head\nlog show --last boot --predicate 'eventMessage CONTAINS \"shutdown cause\"'",
        ),
        step(("서버 화면에서 정상으로 바뀌고, 끊긴 동안의 기록이 채워지는지 봅니다(에이전트가 모아 둔 값을 보냅니다).", "On its page it is ok again and the gap fills: the agent sends what it kept.")),
    ),
    safety=texts(
        ("강제 전원 차단은 쓰던 데이터를 손상시킬 수 있습니다. 데이터베이스라면 복제본의 상태부터 확인합니다.", "Cutting the power can damage data: with a database, look at its replica first."),
        ("프라이머리가 죽은 줄 알고 레플리카를 올리면 양쪽이 쓰는 상태(split brain)가 될 수 있습니다. 확실히 격리한 뒤 승격합니다.", "Promoting a replica while the primary may live makes two writers (split brain): fence the old one first."),
    ),
    keywords=Text("접속 불가, 오프라인, 핑 안 됨, 서버 다운, 먹통, 응답 없음", "unreachable, offline, host is down, cannot reach server, no ping, no route to host, server down"),
    metrics=("uptime",),
    related=("agent_not_reporting", "ssh_failure", "packet_loss", "dns"),
)  # fmt: skip

AGENT_NOT_REPORTING = Runbook(
    topic="agent_not_reporting",
    title=Text("에이전트가 보고하지 않을 때", "Agent not reporting"),
    symptom=Text(
        "서버에는 접속되는데 값이 오지 않아 지연(stale)이나 오프라인으로 보입니다. 보고 간격의 두 배에 30초를 더하면 지연, 세 배에 30초를 더하면 오프라인입니다.",
        "The server can be reached, but no values come: it is shown as stale or offline. Two reporting intervals and 30 seconds make it stale, three and 30 seconds offline.",
    ),
    live=Text("{server}: 마지막 보고 {value}{unit} 전", "{server}: last heard {value}{unit} ago"),
    notes=(
        ("windows", Text("Windows용 에이전트는 아직 없습니다. Telegraf로 보내고 있다면 그 서비스의 상태와 로그, 설정의 주소와 키를 봅니다.", "There is no agent of ours for Windows yet. If Telegraf reports for it, look at its service and log, and at the address and key in its settings.")),
        ("macos", Text("macOS에는 설치 프로그램이 없어 agent.py를 직접 실행합니다(실제 Mac에서는 검증되지 않았습니다).", "On macOS there is no installer: agent.py is run by hand (untested on a real Mac).")),
    ),
    checks=(
        step(
            ("서비스가 도는지, 마지막 말이 무엇인지 봅니다.", "See whether it runs, and its last words."),
            ("401, 403, 404는 키나 주소가 틀린 것, 5xx와 시간 초과는 허브나 네트워크입니다. 에이전트는 값을 모아 두고 다시 보냅니다.", "401, 403 or 404: the key or the address is wrong. 5xx and time-outs: the hub or the network. The agent keeps its values meanwhile."),
            linux="systemctl status openmanager-agent --no-pager\njournalctl -u openmanager-agent -n 50 --no-pager",
            macos="pgrep -fl agent.py",
        ),
        step(
            ("허브에 닿는지 봅니다. HUB는 설정 파일의 주소입니다.", "See whether it reaches the hub; HUB is the address in its settings."),
            ("200이 아니면 프록시, 방화벽, DNS, 인증서를 봅니다.", "Anything but 200: look at proxy, firewall, DNS and certificate."),
            linux="grep '^hub' /etc/openmanager-agent.conf\ncurl -sS -o /dev/null -w '%{http_code}\\n' HUB/api/health",
            macos="curl -sS -o /dev/null -w '%{http_code}\\n' HUB/api/health",
        ),
        step(
            ("재는 것 자체가 되는지 봅니다. 보내지 않고 화면에만 찍으며, 키가 필요 없습니다.", "See whether it can measure: this prints what it would send, and needs no key."),
            linux="python3 /usr/local/lib/openmanager-agent/agent.py --once",
            macos="python3 agent.py --once",
        ),
        step(
            ("키 파일과 디스크, 시계를 봅니다.", "See the key file, the disk and the clock."),
            ("키 파일의 소유자는 openmanager-agent, 권한은 0600이어야 합니다.", "The key file belongs to openmanager-agent, with mode 0600."),
            linux="ls -l /etc/openmanager-agent.key\ndf -h /var/lib/openmanager-agent\ntimedatectl | grep synchronized",
        ),
    ),
    fixes=(
        step(
            ("멈췄으면 켭니다.", "If it has stopped, start it."),
            linux="systemctl enable --now openmanager-agent\nsystemctl restart openmanager-agent",
            macos="python3 agent.py --hub HUB --key-file KEYFILE",
        ),
        step(
            ("키가 폐기됐거나 바뀌었으면 새 키를 파일에 씁니다(붙여 넣고 Enter, Ctrl-D). 다음 보고부터 쓰이므로 재시작하지 않아도 됩니다.", "If the key was revoked or rotated, write the new one into its file (paste, Enter, Ctrl-D). It is read at the next post; no restart is needed."),
            linux="sudo tee /etc/openmanager-agent.key >/dev/null",
        ),
        step(
            ("파일이 없거나 깨졌으면 설치 명령을 다시 실행합니다. 설정은 그대로 남습니다.", "If files are missing or broken, run the install line again; settings are kept."),
            linux="curl -fsSL HUB/install.sh | sudo sh -s -- --hub HUB",
        ),
    ),
    verify=(
        step(
            ("1분 안에 서버 화면이 정상으로 바뀌고 빈 구간이 채워지는지 봅니다.", "Within a minute the server is ok on its page, and the gap fills."),
            linux="journalctl -u openmanager-agent -f",
            macos="pgrep -fl agent.py",
        ),
    ),
    safety=texts(
        ("/var/lib/openmanager-agent(스풀)를 지우지 않습니다. 아직 보내지 못한 값이 들어 있습니다.", "Do not delete /var/lib/openmanager-agent (the spool): it holds what was not sent yet."),
        ("한 스풀에 에이전트를 둘 실행하지 않습니다. 둘째는 스스로 멈춥니다.", "Do not run two agents on one spool; the second refuses."),
        ("키를 채팅이나 티켓에 붙이지 않습니다. 새어 나간 키는 설정 화면에서 폐기합니다.", "Do not paste keys into chats or tickets; revoke one that got out under Settings."),
    ),
    keywords=Text("에이전트, 데이터 안 들어옴, 수집 안 됨, 보고 안 함, 값이 안 옴, 지연 상태", "agent, not reporting, no data, metrics stopped, stale server, agent stopped, no metrics coming in"),
    metrics=("uptime",),
    related=("server_unreachable", "time_drift", "dns"),
)  # fmt: skip

RUNBOOKS = (SERVER_UNREACHABLE, AGENT_NOT_REPORTING)

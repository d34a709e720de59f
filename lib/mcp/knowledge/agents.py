"""Answers about the agent: installing, updating, removing, keys, systems, what it measures. True of public/install.sh."""

from __future__ import annotations

from lib.mcp.knowledge import clients
from lib.mcp.knowledge.help import Help, Shelf, help_of
from lib.mcp.npu.text import read

_INSTALL = "curl -fsSL https://HUB/install.sh | sudo sh -s -- --hub https://HUB --key omv_live_..."

_EXAMPLES = (
    ("에이전트 제거 방법", "How do I remove the agent?"),
    ("에이전트가 보고 안 할 때 조치", "The agent is not reporting, what do I do?"),
    ("전체 서버 상태 요약해줘", "How is the whole fleet?"),
)

_SHELF = Shelf(
    (
        help_of(
            "install", ("에이전트 설치(서버 추가)", "Installing the agent (adding a server)"),
            "install|installation|add a server|add server|new server|onboard|enroll|register a server|set up the agent|deploy the agent|설치|서버 추가|서버 등록|서버를 추가|서버를 등록|새 서버|온보딩|연동|깔아|까는|붙이",
            (
                ("화면 위의 '서버 추가'(관리자)를 눌러 키를 만들고, 표시되는 한 줄을 그 서버에서 root로 실행합니다(systemd를 쓰는 Linux, Python 3.8 이상).", "Choose \"Add server\" at the top of the page (as an admin), make a key, and run the line it shows on the server as root (Linux with systemd, Python 3.8 or later)."),
                (f"`{_INSTALL}`", f"`{_INSTALL}`"),
                ("키는 만들 때 한 번만 보이며, 한 키를 여러 서버에서 쓸 수 있습니다. 서버에서는 `/etc/openmanager-agent.key`에 저장됩니다.", "The key is shown once, when it is made, and may be used on several servers. On the server it is in `/etc/openmanager-agent.key`."),
                ("확인: `systemctl status openmanager-agent`가 active이고, 1분 안에 서버 목록에 나타납니다. 미리 보려면 `--dry-run`을 붙입니다.", "Verify: `systemctl status openmanager-agent` says active, and the server is on the list within a minute. `--dry-run` shows what would be done."),
            ),
            (("에이전트 키는 어디 있어?", "Where is the agent's key?"), ("에이전트는 어떤 OS를 지원해?", "Which systems does the agent run on?"), *_EXAMPLES[:2]),
            "/#/add",
        ),
        help_of(
            "update", ("에이전트 업데이트", "Updating the agent"),
            "update|upgrade|updating|newer version|new version|latest version|업데이트|업그레이드|최신 버전|새 버전|버전 올리|버전업",
            (
                ("설치 명령을 키 없이 다시 실행하면 새 버전으로 바뀝니다. 설정은 그대로 남고, 준 옵션만 바뀝니다.", "Run the install line again without the key: it brings the current version. Settings stay; options you give replace them."),
                ("`curl -fsSL https://HUB/install.sh | sudo sh -s -- --hub https://HUB`", "`curl -fsSL https://HUB/install.sh | sudo sh -s -- --hub https://HUB`"),
                ("확인: `python3 /usr/local/lib/openmanager-agent/agent.py --version`. 보내지 못한 값은 스풀에 남아 이어서 보냅니다.", "Verify: `python3 /usr/local/lib/openmanager-agent/agent.py --version`. What was not sent yet stays in the spool and goes on."),
                ("스스로 업데이트하지는 않습니다.", "It does not update itself."),
            ),
            _EXAMPLES,
        ),
        help_of(
            "remove", ("에이전트 제거", "Removing the agent"),
            "remove|uninstall|removal|대상에서 빼|모니터링에서 빼|감시에서 빼|제외|uninstalling|delete the agent|get rid of|take off|제거|삭제|지우|언인스톨|떼어|걷어",
            (
                ("서버에서 아래 명령을 root로 실행합니다. 서비스를 끄고 에이전트를 지웁니다.", "Run this on the server as root; it stops the service and removes the agent."),
                ("`curl -fsSL https://HUB/install.sh | sudo sh -s -- --uninstall`", "`curl -fsSL https://HUB/install.sh | sudo sh -s -- --uninstall`"),
                ("`--purge`를 더하면 설정, 키, 스풀, 사용자까지 지웁니다(보내지 못한 값도 사라집니다). 다시 쓰지 않을 키는 설정의 '키와 화면'에서 폐기합니다.", "With `--purge` settings, key, spool and user go too, and with the spool what was not sent yet. Revoke a key that is used no more under **Settings, Keys and page**."),
                ("확인: `systemctl status openmanager-agent`가 찾을 수 없다고 합니다. 화면의 기록은 남으며, 관리자가 API(`DELETE /api/servers/이름`)로 지웁니다.", "Verify: `systemctl status openmanager-agent` finds nothing. Its history stays until an admin deletes it (`DELETE /api/servers/NAME`)."),
            ),
            (("에이전트 설치 방법 알려줘", "How do I install the agent?"), ("서버 목록 보여줘", "List the servers"), ("오프라인 서버 있어?", "Which servers are offline?")),
        ),
        help_of(
            "not_reporting", ("에이전트가 보고하지 않을 때", "An agent that does not report"),
            "not reporting|isn't reporting|no data|not sending|stopped sending|stopped reporting|doesn't show up|does not show up|not showing|no metrics|nothing shows up|i see nothing|not listed|isn't listed|is not listed|not appear|doesn't appear|isn't appearing|isn't showing|not showing up|isn't show|won't connect|doesn't connect|isn't connecting|can't connect|can't authenticate|invalid key|gets a 401|401|won't start|fails to start|키 오류|인증 실패|안 잡혀|안 올라와|등록이 안|목록에 없|안 보내|안 붙|안붙|연결안|안됨|안 됨|실행이 안|멈췄|죽음|죽었|보고 안|보고를 안|보고하지|데이터가 안|데이터 안|값이 안|수집 안|수집이 안|안 보여|안 나와|안 떠|연결 안|끊겼",
            (
                ("서버에서 `systemctl status openmanager-agent`와 `journalctl -u openmanager-agent -n 50`을 먼저 봅니다. 마지막 줄이 원인을 말합니다.", "On the server look at `systemctl status openmanager-agent` and `journalctl -u openmanager-agent -n 50` first: the last line says why."),
                ("`401`이나 `403`은 키가 폐기됐거나 다른 서버에 묶인 것입니다. 새 키를 `/etc/openmanager-agent.key`에 쓰면 다음 보고부터 쓰입니다.", "`401` or `403`: the key was revoked or is bound elsewhere. Write a new one to `/etc/openmanager-agent.key`; it is read at the next post."),
                ("시간 초과나 `5xx`는 허브나 네트워크입니다. `curl -sS https://HUB/api/health`가 되는지, 프록시와 방화벽(HTTPS 나가는 방향)을 확인합니다.", "A time-out or `5xx` is the hub or the network: try `curl -sS https://HUB/api/health`, and look at proxy and firewall (HTTPS outwards)."),
                ("재는 것만 확인하려면 `python3 /usr/local/lib/openmanager-agent/agent.py --once`를 실행합니다(보내지 않습니다).", "To see whether it measures, run `python3 /usr/local/lib/openmanager-agent/agent.py --once`; it sends nothing."),
                ("그동안의 값은 스풀에 남아 있다가 다시 닿으면 보내집니다(7일 또는 64MB까지).", "Values are kept in the spool meanwhile and sent once it is back (up to seven days or 64 MB)."),
            ),
            (("에이전트가 보고 안 할 때 조치", "The agent is not reporting, what do I do?"), ("오프라인 서버 있어?", "Which servers are offline?"), ("에이전트 키는 어디 있어?", "Where is the agent's key?")),
        ),
        help_of(
            "key", ("에이전트 키", "The agent's key"),
            "agent key|agent's key|agent api key|api key|ingest key|install key|registration key|agent token|api 키|인증키|등록키|where is the key|where is its key|key file|lost the key|lost my key|new key|rotate|rotation|key rotation|token|키는 어디|키 어디|키가 어디|에이전트 키|키 파일|키 분실|키를 잃|키 교체|키를 바꾸|키 바꾸|토큰",
            (
                ("서버에서는 `/etc/openmanager-agent.key`에 있습니다(서비스만 읽을 수 있습니다). 화면에서는 만들 때 한 번만 보이고 다시 볼 수 없습니다.", "On the server it is in `/etc/openmanager-agent.key`, readable by the service only. On the page it is shown once, when it is made, and never again."),
                ("새 키는 관리자가 '서버 추가' 또는 설정의 '키와 화면'에서 만듭니다. 보고에는 `write` 권한이면 충분합니다.", "An admin makes a new one by \"Add server\" or under **Settings, Keys and page**. To report, the scope `write` will do."),
                ("교체: '교체'를 누르면 이전 값도 정한 기간(기본 하루, 최대 7일) 동안 쓸 수 있습니다. 그 사이 새 값을 각 서버의 파일에 씁니다. 재시작은 필요 없습니다.", "To rotate: choose **Rotate**; the old secret stays good for a while (a day unless you choose, 7 days at most). Meanwhile write the new one into the file on each server. No restart is needed."),
                ("새어 나간 키는 바로 폐기합니다. 60초 안에 쓸 수 없게 됩니다.", "Revoke a key that got out: it is over within 60 seconds."),
            ),
            (("에이전트 설치 방법 알려줘", "How do I install the agent?"), *_EXAMPLES[1:]),
            "/#/settings",
        ),
        help_of(
            "systems", ("지원하는 시스템과 에이전트", "Systems and agents"),
            "which agents?|which systems?|supported|support|operating systems?|platforms?|arm|alpine|requirements?|어떤 운영체제|운영체제|어떤 os|무슨 os|지원 os|what os|which os|지원|어떤 에이전트|어떤 환경|플랫폼|알파인|요구 사항|요구사항|other agents|other makers|protocols?|프로토콜|다른 에이전트|statsd",
            (
                ("Linux에서 실행됩니다. systemd가 있으면 설치 명령이 서비스까지 만들고, 없으면(Alpine 등) 파일을 놓은 뒤 실행할 명령을 알려 줍니다.", "It runs on Linux. With systemd the installer makes the service; without (as on Alpine) it puts the files in place and prints the command to run."),
                ("필요한 것은 Python 3.8 이상(sqlite3, ssl 포함)뿐입니다. 다른 패키지는 쓰지 않습니다.", "It needs Python 3.8 or later with sqlite3 and ssl, and no package besides."),
                ("macOS에서는 `agent.py`를 직접 실행할 수 있지만 실제 Mac에서 검증되지 않았고 설치 프로그램이 없습니다. Windows용 에이전트는 아직 없습니다.", "On macOS `agent.py` can be run by hand, untested on a real Mac and without an installer. There is no agent for Windows yet."),
                ("다른 에이전트도 그대로 쓸 수 있습니다: Telegraf, Prometheus(remote_write와 텍스트), OpenTelemetry(지표와 로그), Grafana Alloy, collectd, Netdata, Glances, Vector, Fluent Bit, InfluxDB로 보내는 것, OpenTSDB, Graphite, Healthchecks와 Uptime Kuma의 핑입니다. Alertmanager, Grafana, 그 밖의 JSON 알림도 받고, AWS, Google Cloud, Azure의 서버도 읽습니다. \"Telegraf 어떻게 연결해?\"처럼 물으면 설정을 알려 드립니다.", "Agents of other makers can stay: Telegraf, Prometheus (remote_write and text), OpenTelemetry (metrics and logs), Grafana Alloy, collectd, Netdata, Glances, Vector, Fluent Bit, what writes to InfluxDB, OpenTSDB, Graphite, and pings of Healthchecks and Uptime Kuma. Alerts of Alertmanager, Grafana and any JSON are taken, too, and machines of AWS, Google Cloud and Azure are read. Ask \"how do I connect Telegraf?\" for the configuration."),
                ("직접 만든 프로그램은 `write` 권한 키로 `POST /api/ingest`에 JSON을 보냅니다(docs/openapi.yaml).", "A program of your own posts JSON to `POST /api/ingest` with a key of the scope `write` (docs/openapi.yaml)."),
            ),
            (("에이전트 설치 방법 알려줘", "How do I install the agent?"), ("macOS에 에이전트 설치 방법", "How do I run the agent on macOS?"), *_EXAMPLES[2:]),
        ),
        help_of(
            "windows", ("Windows의 에이전트", "The agent on Windows"),
            "windows|윈도우|윈도우즈|윈도 서버|powershell",
            (
                ("Windows용 에이전트는 아직 없지만, Telegraf를 설치해 이 허브로 보내면 됩니다. CPU, 메모리, 디스크, 네트워크를 같은 지표로 읽습니다.", "There is no agent of ours for Windows yet, but Telegraf can report to this hub: its CPU, memory, disks and network are read as the same metrics."),
                ("Telegraf 설정의 `[[outputs.influxdb_v2]]`에 `urls = [\"https://HUB\"]`와 `token`(`write` 권한 키)을 넣습니다. 자세한 예는 docs/agents.md에 있습니다.", "In Telegraf's settings give `[[outputs.influxdb_v2]]` the `urls = [\"https://HUB\"]` and as `token` a key of the scope `write`. docs/agents.md has an example."),
                ("서비스가 도는지만 알면 된다면 설정의 '작업'을 쓸 수 있습니다. 작업 스케줄러가 주기적으로 주소 하나를 부르면 됩니다.", "To know only whether something runs, use **Settings, Jobs**: the task scheduler calls one address now and then."),
            ),
            (("에이전트는 어떤 OS를 지원해?", "Which systems does the agent run on?"), *_EXAMPLES[1:]),
        ),
        help_of(
            "macos", ("macOS의 에이전트", "The agent on macOS"),
            "macos|mac os|macbook|mac mini|on a mac|on my mac|osx|맥|맥북|맥에|맥 미니|launchd",
            (
                ("macOS에서는 설치 프로그램 없이 `agent.py`를 직접 실행합니다. 실제 Mac에서는 검증되지 않았습니다.", "On macOS `agent.py` is run by hand: there is no installer, and it is untested on a real Mac."),
                ("`curl -fsSLO https://HUB/agent.py && python3 agent.py --hub https://HUB --key-file KEYFILE`", "`curl -fsSLO https://HUB/agent.py && python3 agent.py --hub https://HUB --key-file KEYFILE`"),
                ("CPU, 메모리, 스왑, 디스크, 네트워크, 부하, 연결 수, 가동 시간, 프로세스를 잽니다. 디스크 입출력, 온도, iowait는 재지 않습니다.", "It measures CPU, memory, swap, disks, network, load, connections, uptime and processes; no disk traffic, no temperature, no iowait."),
                ("확인: `python3 agent.py --once`가 JSON을 출력합니다.", "Verify: `python3 agent.py --once` prints JSON."),
            ),
            (("에이전트는 어떤 OS를 지원해?", "Which systems does the agent run on?"), *_EXAMPLES[1:]),
        ),
        help_of(
            "container", ("컨테이너와 쿠버네티스의 에이전트", "The agent in containers"),
            "docker|container|containers|kubernetes|k8s|daemonset|podman|도커|컨테이너|쿠버네티스|쿠버",
            (
                ("컨테이너에서는 설치 명령 대신 파일을 직접 실행하고, 스풀을 볼륨에 둡니다.", "In a container run the file itself, with the spool on a volume."),
                ("`python3 agent.py --hub https://HUB --key-file /run/secrets/key --data /data`", "`python3 agent.py --hub https://HUB --key-file /run/secrets/key --data /data`"),
                ("완성된 이미지나 차트는 제공하지 않습니다. 호스트를 재려면 호스트에 설치하는 것이 가장 정확합니다.", "There is no ready image or chart. To measure a host, installing on the host is the most exact."),
                ("확인: 컨테이너 안에서 `python3 agent.py --once`.", "Verify: `python3 agent.py --once` within the container."),
            ),
            (("에이전트 설치 방법 알려줘", "How do I install the agent?"), *_EXAMPLES[1:]),
        ),
        help_of(
            "options", ("설치 옵션: 이름, 그룹, 태그, 로그, 포트", "Options: name, group, tags, logs, ports"),
            "options?|flags?|rename|change the name|server name|hostname|group|groups|tags?|journal|logs?|log files?|collect logs|error logs|listening ports|ports|옵션|이름 변경|이름을 바꾸|이름 바꾸|서버 이름|그룹|태그|로그 수집|로그를 수집|로그 보내|로그 연동|저널|포트 수집|포트를 보",
            (
                ("설치 명령에 옵션을 붙입니다. 나중에 다시 실행하면 준 것만 바뀝니다.", "Add options to the install line; run it again later and only what you give changes."),
                ("`--name web-1` `--group web` `--tag team=payment`: 서버의 이름(기본은 호스트 이름), 그룹, 태그입니다.", "`--name web-1` `--group web` `--tag team=payment`: the server's name (the host name unless given), group and tags."),
                ("`--journal`은 systemd 저널의 오류를, `--log FILE`은 그 로그의 오류를 보고합니다. `openmanager-agent` 사용자가 읽을 수 있어야 합니다.", "`--journal` reports errors of systemd's journal, `--log FILE` those of a log that the user `openmanager-agent` can read."),
                ("`--ports`는 다른 사용자의 프로세스가 듣는 포트까지 봅니다. 대신 에이전트에 높은 권한(CAP_SYS_PTRACE)을 줍니다.", "`--ports` shows listening ports of other users' processes, too; it gives the agent high rights (CAP_SYS_PTRACE)."),
                ("설정은 `/etc/openmanager-agent.conf`에 남습니다.", "Settings are kept in `/etc/openmanager-agent.conf`."),
            ),
            (("에러 로그 보여줘", "Show error logs"), ("서버 목록 보여줘", "List the servers"), *_EXAMPLES[:1]),
        ),
        help_of(
            "files", ("에이전트의 파일과 로그", "The agent's files and log"),
            "config file|config location|configuration file|where is the config|agent log|agent's log|log file of the agent|log location|log file|logs of the agent|file locations?|environment settings|설정 파일|설정 위치|에이전트 설정|agent 설정|configure the agent|환경설정|환경 설정|로그 위치|로그 파일 위치|에이전트 로그|파일 위치|파일 경로|스풀 위치",
            (
                ("설정은 `/etc/openmanager-agent.conf`에 있습니다. 고친 뒤 `systemctl restart openmanager-agent`로 다시 시작하거나, 설치 명령을 옵션과 함께 다시 실행합니다.", "Settings are in `/etc/openmanager-agent.conf`. Restart it by `systemctl restart openmanager-agent` after a change, or run the install line again with options."),
                ("에이전트가 하는 말은 시스템 저널에 있습니다: `journalctl -u openmanager-agent -f`", "What it says is in the journal: `journalctl -u openmanager-agent -f`"),
                ("키는 `/etc/openmanager-agent.key`, 프로그램은 `/usr/local/lib/openmanager-agent/agent.py`, 보내지 못한 값은 `/var/lib/openmanager-agent`에 있습니다.", "The key is in `/etc/openmanager-agent.key`, the program in `/usr/local/lib/openmanager-agent/agent.py`, and what was not sent yet in `/var/lib/openmanager-agent`."),
            ),
            (("에이전트 키는 어디 있어?", "Where is the agent's key?"), *_EXAMPLES[:2]),
        ),
        help_of(
            "interval", ("재고 보내는 간격", "How often it measures and sends"),
            "interval|how often|frequency|sampling rate|수집 주기|전송 주기|보고 주기|측정 주기|수집 간격|전송 간격|보고 간격|얼마나 자주|몇 초마다|주기",
            (
                ("10초마다 재고, 누군가 그 서버를 보고 있고 비용이 들지 않으면 5초마다 잽니다.", "It measures every ten seconds, and every five while somebody watches where that costs nothing."),
                ("얼마나 자주 보낼지는 허브가 정합니다. 무료 요금제에서는 보통 1분, 자신의 Redis를 쓰면 10초입니다. 값의 간격은 그대로입니다.", "How often it posts is the hub's word: mostly once a minute on the free plans, every ten seconds with a Redis of your own. Samples stay as close as they are."),
                ("기준을 넘은 값은 바로 보냅니다(최대 10초에 한 번). 간격을 직접 정하는 설정은 없습니다.", "A value beyond a level is posted at once, at most every ten seconds. There is no setting for the interval."),
            ),
            (("에이전트는 무엇을 수집해?", "What does the agent collect?"), *_EXAMPLES[1:]),
        ),
        help_of(
            "network", ("에이전트의 네트워크와 프록시", "The agent's network and proxies"),
            "proxy|firewall|outbound port|which port|https only|certificate authority|self signed|air gapped|internal network|프록시|방화벽|어떤 포트|사설 인증서|폐쇄망|내부망|인터넷 없",
            (
                ("에이전트는 허브로 나가는 HTTPS 연결만 씁니다. 서버에 여는 포트는 없습니다.", "The agent only makes HTTPS connections to the hub. No port is opened on the server."),
                ("프록시는 `https_proxy`, `http_proxy`, `no_proxy` 환경 변수에서 읽습니다.", "Proxies are taken from `https_proxy`, `http_proxy` and `no_proxy`."),
                ("인증서는 항상 확인합니다. 사설 인증 기관은 `SSL_CERT_FILE`로 알려 줍니다. 리디렉션은 따라가지 않습니다.", "Certificates are always checked; name an authority of your own in `SSL_CERT_FILE`. Redirects are not followed."),
            ),
            _EXAMPLES,
        ),
        help_of(
            "measured", ("에이전트가 재는 것", "What the agent measures"),
            "agent measure|agent collect|what is measured|what does the agent|collects?|metrics collected|custom metrics?|my own metrics?|무엇을 수집|뭘 수집|무엇을 재|뭘 재|수집하는|수집 항목|어떤 지표|직접 만든 지표|커스텀 지표|사용자 지표",
            (
                ("10초마다 CPU, iowait, steal, 부하, 메모리, 스왑, 디스크와 아이노드(마운트마다), 디스크 입출력, 네트워크, 연결 수, 온도, 가동 시간을 잽니다.", "Every 10 seconds: CPU, iowait, steal, load, memory, swap, disks and inodes (each mount), disk traffic, network, connections, temperature and uptime."),
                ("30초마다 CPU를 많이 쓰는 프로세스 10개와 메모리를 많이 쓰는 10개를 봅니다. 재부팅과 OOM 종료는 이벤트로 알립니다.", "Every 30 seconds the ten processes with most CPU and the ten with most memory. Reboots and OOM kills are told as events."),
                ("지연 시간, 오류율, 요청 수는 재지 않습니다. 애플리케이션이 `POST /api/ingest`로 보내면 저장합니다. 점이 든 이름(예: `app.queue`)으로 직접 만든 지표도 보낼 수 있습니다.", "Latency, error rate and requests are not measured; an application may send them to `POST /api/ingest`, as it may metrics of its own under a name with a dot (`app.queue`)."),
                ("GPU는 AMD만 읽습니다. 읽을 수 없는 값은 0이 아니라 빈 값으로 둡니다.", "Of GPUs only AMD's are read. What cannot be read is left out, never sent as 0."),
            ),
            (("CPU 높은 서버 5대", "Top 5 servers by CPU"), ("메모리 많이 쓰는 프로세스", "Which processes use most memory?"), ("iowait가 뭐야?", "What is iowait?")),
        ),
        help_of(
            "overhead", ("에이전트의 부담과 안전", "What the agent costs, and its safety"),
            "overhead|footprint|how heavy|resource usage of the agent|does it slow|permissions of the agent|permissions?|root|safe|security|secure|부담|오버헤드|가벼|무거|느려지|권한|루트|안전|보안",
            (
                ("10초마다 재는 데 CPU 코어 하나의 약 0.04%, 메모리 29MB를 씁니다(공유 코어 2개에서 측정).", "Measuring every ten seconds takes about 0.04 % of a core and 29 MB of memory (measured on two shared cores)."),
                ("root가 아니라 `openmanager-agent` 사용자로, systemd로 격리되어 실행됩니다(메모리 128MB 한도).", "It runs as the user `openmanager-agent`, not as root, confined by systemd (128 MB of memory at most)."),
                ("파일 하나이고 명령을 받아 실행하지 않습니다. 보내기만 합니다.", "It is one file, takes no commands and only sends."),
                ("설치할 때 체크섬을 확인합니다. 허브를 믿지 않으려면 `--sha256`으로 직접 지정합니다.", "The installer checks its checksum; to rely on more than the hub's word give it with `--sha256`."),
            ),
            (("에이전트 설치 방법 알려줘", "How do I install the agent?"), ("에이전트는 무엇을 수집해?", "What does the agent collect?"), *_EXAMPLES[:1]),
        ),
        help_of(
            "event", ("배포 표시 남기기", "Marking a deploy"),
            "mark a deploy|deploy marker|deployment event|annotate|annotation|send an event|배포 표시|배포 이벤트|이벤트 남기|이벤트를 보내|주석",
            (
                ("배포할 때 서버에서 아래 명령을 root로 실행하면 차트에 표시되고, 원인을 물을 때 근거가 됩니다.", "Run this on the server as root when you deploy: it is marked on the charts, and counts when you ask for causes."),
                ('`python3 /usr/local/lib/openmanager-agent/agent.py --config /etc/openmanager-agent.conf --event deploy "api v2.4.1"`', '`python3 /usr/local/lib/openmanager-agent/agent.py --config /etc/openmanager-agent.conf --event deploy "api v2.4.1"`'),
                ("확인: 1분 안에 서버 화면의 이벤트에 나타납니다.", "Verify: it is among the server's events within a minute."),
            ),
            (("오늘 뭐가 바뀌었어?", "What changed today?"), ("CPU 왜 높아?", "Why is CPU high?"), ("최근 1시간 CPU 추이", "CPU over the last hour")),
        ),
    ),
    mask="에이전트리스|삭제된|로그인|login|log in|sign in",
    particular=("windows", "macos", "container", "not_reporting"),
)  # fmt: skip


def topics() -> tuple[str, ...]:
    return _SHELF.keys()


def agent_help(text: str) -> Help:
    """The answer a question about the agent asks for; how to install it where it names nothing else. One that names an
    agent of another maker is about that."""
    if clients.is_named(read(text).folded):
        return clients.client_help(text)
    return _SHELF.by_words(text)


def topic(key: str) -> Help:
    return _SHELF.by_key(key)

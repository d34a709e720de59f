"""Runbooks of the network: slow, lossy, nameless, refused, and a port that is taken."""

from __future__ import annotations

from lib.mcp.knowledge.texts import Text
from lib.mcp.knowledge.troubleshooting.form import Runbook, step, texts

NETWORK_LATENCY = Runbook(
    topic="network_latency",
    title=Text("네트워크 지연이 클 때", "High network latency"),
    symptom=Text(
        "지연 시간(latency)이 평소보다 길거나 응답이 느립니다. net_in, net_out이 회선 한도에 가까운지, 서버 자체가 바쁜지도 함께 봅니다.",
        "Latency (latency) is longer than usual or answers come slowly. See also whether net_in and net_out are near the line's limit, and whether the server itself is busy.",
    ),
    live=Text("{server}: {value}{unit}", "{server}: {value}{unit}"),
    checks=(
        step(
            ("시간이 어디에서 걸리는지 나눕니다: 이름 조회, 연결, TLS, 첫 바이트.", "See where the time goes: name, connect, TLS, first byte."),
            ("연결까지 느리면 네트워크, 첫 바이트에서 느리면 서버나 애플리케이션, 이름에서 느리면 DNS 문제입니다.", "Slow until connect: the network. Slow until the first byte: the server or application. Slow name: DNS."),
            linux="curl -sS -o /dev/null -w 'name %{time_namelookup} connect %{time_connect} tls %{time_appconnect} first %{time_starttransfer} total %{time_total}\\n' https://{host}/",
            windows="curl.exe -sS -o NUL -w \"name %{time_namelookup} connect %{time_connect} tls %{time_appconnect} first %{time_starttransfer} total %{time_total}\\n\" https://{host}/",
            macos="curl -sS -o /dev/null -w 'name %{time_namelookup} connect %{time_connect} tls %{time_appconnect} first %{time_starttransfer} total %{time_total}\\n' https://{host}/",
        ),
        step(
            ("구간별 지연과 손실을 봅니다.", "Measure delay and loss hop by hop."),
            ("어느 구간부터 끝까지 계속 느리면 그 구간이 원인입니다. 중간 한 곳만 느리게 보이는 것은 ICMP 응답을 미루는 것일 수 있습니다.", "If it is slow from one hop to the end, that hop is it. A single slow hop in between may only be lazy about ICMP."),
            linux="mtr -rwzc 50 {host}",
            windows="pathping -n {host}",
            macos="ping -c 20 {host}\ntraceroute -n {host}",
        ),
        step(
            ("회선이 찼는지, 협상 속도가 맞는지 봅니다(sysstat, ethtool).", "See whether the line is full and runs at its speed (sysstat, ethtool)."),
            ("협상 속도가 낮거나 Half이면 케이블이나 스위치 설정을 고칩니다.", "A low speed or half duplex: mend the cable or the switch port."),
            linux="sar -n DEV 2 3\nip -s link\nethtool DEV | grep -E 'Speed|Duplex'",
            windows="Get-NetAdapter | Select-Object Name,Status,LinkSpeed\nGet-CimInstance Win32_PerfFormattedData_Tcpip_NetworkInterface | Select-Object Name,BytesTotalPersec,OutputQueueLength",
            macos="netstat -i\nnetworkQuality",
        ),
        step(
            ("열린 연결의 왕복 시간과 재전송을 봅니다.", "See round trips and retransmissions of open connections."),
            ("retrans가 늘면 '패킷이 손실될 때'를 따릅니다.", "Growing retrans: go on with Packet loss."),
            linux="ss -tin dst {host}\nnstat -az TcpRetransSegs",
        ),
    ),
    fixes=(
        step(("회선을 채우는 전송(백업, 복제)을 제한하거나 한가한 시각으로 옮깁니다. 예: rsync --bwlimit=20m", "Limit what fills the line (backup, replication), for instance by rsync --bwlimit=20m, or move it to a quiet hour.")),
        step(("연결을 다시 씁니다: keep-alive, 커넥션 풀, HTTP/2. 작은 요청이 많으면 왕복 횟수를 줄입니다.", "Reuse connections: keep-alive, pools, HTTP/2. With many small requests, make fewer round trips.")),
        step(
            ("큰 패킷만 느리면 MTU를 맞춥니다. 1472바이트가 실패하고 더 작은 값이 통과하면 MTU 문제입니다.", "If only large packets suffer, mend the MTU: 1472 bytes fail and less gets through."),
            linux="ping -M do -s 1472 -c 3 {host}",
            windows="ping -f -l 1472 {host}",
            macos="ping -D -s 1472 -c 3 {host}",
        ),
    ),
    verify=(
        step(
            ("같은 측정을 되풀이해 값이 돌아왔는지 봅니다.", "Measure again in the same way."),
            linux="mtr -rwzc 50 {host}",
            windows="Test-NetConnection -ComputerName {host} -InformationLevel Detailed",
            macos="ping -c 20 {host}",
        ),
    ),
    safety=texts(
        ("원격 서버의 인터페이스나 MTU를 바꾸면 접속이 끊길 수 있습니다. 콘솔 접근을 먼저 확보합니다.", "Changing an interface or MTU of a remote machine can cut you off: have its console first."),
        ("운영 중에 대역폭 측정(iperf3)을 하면 회선을 채웁니다. 짧게, 합의된 시각에 합니다.", "A bandwidth test (iperf3) fills the line: keep it short and agree on the time."),
    ),
    keywords=Text("네트워크 느림, 응답 지연, 레이턴시, 핑이 높음, 왕복 시간, 응답 시간, 타임아웃, 시간 초과", "latency, timeouts, timed out, slow network, network is slow, high ping, rtt, response time, lag between servers"),
    metrics=("latency", "net_in", "net_out"),
    related=("packet_loss", "dns", "http_5xx"),
)  # fmt: skip

PACKET_LOSS = Runbook(
    topic="packet_loss",
    title=Text("패킷이 손실될 때", "Packet loss"),
    symptom=Text(
        "재전송이 늘고 연결이 끊기거나 느립니다. 지연 시간(latency)이 들쭉날쭉하고 net_in, net_out이 평소보다 낮아지기도 합니다.",
        "Retransmissions grow, connections break or crawl; latency (latency) is uneven, and net_in or net_out may be lower than usual.",
    ),
    live=Text("{server}: {value}{unit}", "{server}: {value}{unit}"),
    checks=(
        step(
            ("인터페이스의 오류와 버림 수를 두 번 재어 늘어나는지 봅니다.", "Read errors and drops of the interface twice: do they grow?"),
            ("errors가 늘면 케이블, 광 모듈, 스위치 포트입니다. dropped가 늘면 서버가 따라가지 못하는 것입니다.", "Growing errors: cable, optics or switch port. Growing drops: the machine cannot keep up."),
            linux="ip -s link show dev DEV\nethtool -S DEV | grep -iE 'drop|err|discard|fifo|miss' | grep -v ': 0$'",
            windows="Get-NetAdapterStatistics | Format-List Name,ReceivedDiscardedPackets,ReceivedPacketErrors,OutboundDiscardedPackets,OutboundPacketErrors",
            macos="netstat -i -d",
        ),
        step(
            ("운영체제 안에서 버려지는지 봅니다.", "See whether the system itself drops them."),
            ("ListenDrops가 늘면 애플리케이션의 대기열(backlog), RcvbufErrors는 수신 버퍼, 'table full'은 conntrack 한도가 원인입니다.", "ListenDrops: the application's backlog. RcvbufErrors: receive buffers. 'table full': the limit of conntrack."),
            linux="nstat -az TcpRetransSegs TcpExtListenDrops TcpExtListenOverflows UdpRcvbufErrors\ndmesg -T | grep -i 'table full'\nsysctl net.netfilter.nf_conntrack_count net.netfilter.nf_conntrack_max",
            windows="netstat -s -p tcp",
            macos="netstat -s -p tcp | grep -i retrans",
        ),
        step(
            ("경로의 어디에서 손실이 시작되는지 봅니다.", "See where on the way it begins."),
            ("마지막 구간까지 이어지는 손실만 실제 손실입니다.", "Only loss that goes on to the last hop is real."),
            linux="mtr -rwzc 100 {host}",
            windows="pathping -n {host}",
            macos="ping -c 100 -i 0.2 {host}",
        ),
    ),
    fixes=(
        step(
            ("물리 오류면 케이블과 포트를 바꾸고 속도, 이중 방식을 자동으로 맞춥니다.", "For physical errors change cable and port, and set speed and duplex to automatic."),
            linux="ethtool DEV | grep -E 'Speed|Duplex|Auto'",
            macos="ifconfig en0 | grep media",
            windows="Get-NetAdapter | Select-Object Name,LinkSpeed,FullDuplex",
        ),
        step(
            ("수신 링 버퍼를 최대값 안에서 늘립니다. 링크가 잠깐 끊길 수 있습니다.", "Enlarge the receive ring within its maximum. The link may blink."),
            linux="ethtool -g DEV\nethtool -G DEV rx 4096",
        ),
        step(
            ("conntrack 한도를 올리고 재부팅 뒤에도 유지합니다.", "Raise the limit of conntrack, and keep it after a reboot."),
            linux="sysctl -w net.netfilter.nf_conntrack_max=262144\necho 'net.netfilter.nf_conntrack_max = 262144' > /etc/sysctl.d/90-conntrack.conf",
        ),
    ),
    verify=(
        step(
            ("손실 0%와 멈춘 카운터를 확인합니다.", "Loss is 0 % and the counters stand still."),
            linux="ping -c 100 -i 0.2 {host} | tail -n 2\nip -s link show dev DEV",
            windows="Test-Connection -ComputerName {host} -Count 50",
            macos="ping -c 100 -i 0.2 {host} | tail -n 2",
        ),
    ),
    safety=texts(
        ("ethtool -G와 인터페이스 재시작은 연결을 끊을 수 있습니다. 콘솔을 확보하고 점검 시간에 합니다.", "ethtool -G and restarting an interface can break connections: have the console, use a maintenance window."),
        ("핑 손실만 보고 판단하지 않습니다. 많은 장비가 ICMP를 제한합니다.", "Do not judge by ping alone: many devices limit ICMP."),
    ),
    keywords=Text("패킷 로스, 패킷 유실, 패킷 드롭, 재전송", "packet loss, dropped packets, losing packets, retransmits, packets lost"),
    metrics=("latency", "net_in", "net_out"),
    related=("network_latency", "server_unreachable"),
)  # fmt: skip

DNS = Runbook(
    topic="dns",
    title=Text("이름을 찾지 못할 때(DNS)", "Names do not resolve (DNS)"),
    symptom=Text(
        "'Temporary failure in name resolution'이나 NXDOMAIN이 나오고, IP로는 접속되는데 이름으로는 되지 않습니다. 지연 시간(latency)이 몇 초씩 튀면 DNS 시간 초과일 수 있습니다.",
        "'Temporary failure in name resolution' or NXDOMAIN, while the IP address works. Latency (latency) that jumps by whole seconds may be DNS timing out.",
    ),
    checks=(
        step(
            ("시스템이 쓰는 방식 그대로 조회합니다.", "Ask in the way the system does."),
            linux="getent ahosts {host}",
            windows="Resolve-DnsName -Name {host} -Type A",
            macos="dscacheutil -q host -a name {host}",
        ),
        step(
            ("설정된 서버와 공개 서버에 각각 직접 물어봅니다.", "Ask the configured server and a public one directly."),
            ("공개 서버는 답하고 설정된 서버는 답하지 않으면 사내 DNS 문제입니다. 둘 다 NXDOMAIN이면 레코드가 없는 것입니다.", "The public one answers and yours does not: your DNS server. NXDOMAIN from both: there is no such record."),
            linux="dig {host} +time=2 +tries=1\ndig @1.1.1.1 {host} +short +time=2 +tries=1",
            windows="Resolve-DnsName -Name {host} -Server 1.1.1.1",
            macos="dig {host} +time=2 +tries=1\ndig @1.1.1.1 {host} +short +time=2 +tries=1",
        ),
        step(
            ("어떤 서버와 검색 순서를 쓰는지 봅니다.", "See which servers and which order are used."),
            ("resolv.conf가 127.0.0.53이면 systemd-resolved가 답합니다.", "127.0.0.53 in resolv.conf means that systemd-resolved answers."),
            linux="cat /etc/resolv.conf\ngrep '^hosts' /etc/nsswitch.conf\nresolvectl status",
            windows="Get-DnsClientServerAddress -AddressFamily IPv4",
            macos="scutil --dns | head -n 30",
        ),
    ),
    fixes=(
        step(
            ("캐시를 비웁니다.", "Clear the cache."),
            linux="resolvectl flush-caches",
            windows="Clear-DnsClientCache",
            macos="sudo dscacheutil -flushcache\nsudo killall -HUP mDNSResponder",
        ),
        step(
            ("DNS 서버를 바꿉니다. 설정 도구를 쓰고 resolv.conf를 직접 고치지 않습니다(다시 덮어씁니다).", "Change the DNS servers with the tool that manages them; resolv.conf itself is overwritten."),
            debian="# /etc/netplan/*.yaml: nameservers: {addresses: [10.0.0.53, 1.1.1.1]}\nnetplan try",
            rhel="nmcli connection modify CONNECTION ipv4.dns '10.0.0.53 1.1.1.1'\nnmcli connection up CONNECTION",
            windows="Set-DnsClientServerAddress -InterfaceAlias 'Ethernet' -ServerAddresses 10.0.0.53,1.1.1.1",
        ),
        step(("레코드가 틀렸다면 DNS 관리 화면에서 고치고 TTL이 지날 때까지 기다립니다.", "If the record is wrong, mend it where the zone is managed and wait for its TTL.")),
    ),
    verify=(
        step(
            ("이름으로 접속되는지 봅니다.", "The name can be reached."),
            linux="getent ahosts {host}\ncurl -sS -o /dev/null -w '%{time_namelookup}\\n' https://{host}/",
            windows="Test-NetConnection -ComputerName {host} -Port 443",
            macos="dscacheutil -q host -a name {host}",
        ),
    ),
    safety=texts(
        ("/etc/hosts에 임시로 적은 줄은 반드시 지웁니다. 주소가 바뀌면 찾기 어려운 장애가 됩니다.", "Remove lines you put into /etc/hosts for the moment: once an address changes they are hard to find."),
        ("사내 이름을 쓰는 서버에 공개 DNS만 설정하면 내부 서비스를 찾지 못합니다.", "A server that needs internal names must not have public DNS servers only."),
    ),
    keywords=Text("이름 풀이, 도메인 조회, 네임서버, 도메인이 안 열림, 호스트 이름", "dns, name resolution, nxdomain, cannot resolve host, nameserver, temporary failure in name resolution"),
    metrics=("latency",),
    related=("network_latency", "server_unreachable", "connection_refused"),
)  # fmt: skip

CONNECTION_REFUSED = Runbook(
    topic="connection_refused",
    title=Text("연결이 거부될 때(connection refused)", "Connection refused"),
    symptom=Text(
        "접속하면 곧바로 'Connection refused'가 나옵니다. 서버는 살아 있지만 그 포트에서 듣는 프로그램이 없거나 방화벽이 거절한 것입니다. 응답 없이 기다리다 끝나면 거부가 아니라 차단이나 경로 문제입니다.",
        "'Connection refused' comes at once: the machine is there, but nothing listens on that port or a firewall rejects it. Waiting until a time-out is another thing: a filter, or the route.",
    ),
    live=Text("{server}: 포트 {port}", "{server}: port {port}"),
    checks=(
        step(
            ("서버에서 그 포트를 듣고 있는지 봅니다.", "On the server, see whether something listens there."),
            ("아무것도 없으면 서비스가 내려간 것입니다. 127.0.0.1에서만 들으면 밖에서는 거부됩니다.", "Nothing: the service is down. Only 127.0.0.1: others are refused."),
            linux="ss -ltnp 'sport = :{port}'",
            windows="Get-NetTCPConnection -State Listen -LocalPort {port} | Select-Object LocalAddress,OwningProcess",
            macos="sudo lsof -nP -iTCP:{port} -sTCP:LISTEN",
        ),
        step(
            ("서버 안과 밖에서 각각 접속해 봅니다.", "Connect from the server itself, and from outside."),
            ("안에서는 되고 밖에서 안 되면 바인드 주소나 방화벽입니다.", "Works inside, not outside: the bind address or a firewall."),
            linux="nc -vz 127.0.0.1 {port}\nnc -vz {host} {port}",
            windows="Test-NetConnection -ComputerName {host} -Port {port}",
            macos="nc -vz {host} {port}",
        ),
        step(
            ("서비스 상태와 방화벽을 봅니다.", "See the service and the firewall."),
            linux="systemctl status {process} --no-pager\njournalctl -u {process} -n 50 --no-pager\nnft list ruleset | grep -n reject",
            debian="ufw status verbose",
            rhel="firewall-cmd --list-all\nausearch -m AVC -ts recent",
            windows="Get-Service -Name {process}\nGet-NetFirewallRule -Enabled True -Action Block -Direction Inbound | Select-Object DisplayName",
        ),
    ),
    fixes=(
        step(
            ("서비스를 시작합니다. 시작되지 않으면 '서비스가 죽었을 때'를 따릅니다.", "Start the service; if it will not, go on with Service down."),
            linux="systemctl start {process}",
            windows="Start-Service -Name {process}",
            macos="sudo launchctl kickstart -k system/LABEL",
        ),
        step(("밖에서 써야 하면 설정의 바인드 주소를 바꿉니다(예: 127.0.0.1 → 서버의 내부 IP). 데이터베이스는 0.0.0.0으로 열지 않습니다.", "If others must reach it, change the bind address (127.0.0.1 to the internal address). Do not open a database to 0.0.0.0.")),
        step(
            ("방화벽에서 필요한 대역에만 포트를 엽니다.", "Open the port in the firewall, for the networks that need it."),
            debian="ufw allow from 10.0.0.0/8 to any port {port} proto tcp",
            rhel="firewall-cmd --permanent --add-rich-rule='rule family=ipv4 source address=10.0.0.0/8 port port={port} protocol=tcp accept'\nfirewall-cmd --reload",
            windows="New-NetFirewallRule -DisplayName 'app {port}' -Direction Inbound -Protocol TCP -LocalPort {port} -RemoteAddress 10.0.0.0/8 -Action Allow",
        ),
    ),
    verify=(
        step(
            ("쓰는 쪽 서버에서 접속되는지 봅니다.", "Connect from the machine that uses it."),
            linux="nc -vz {host} {port}",
            windows="Test-NetConnection -ComputerName {host} -Port {port}",
            macos="nc -vz {host} {port}",
        ),
    ),
    safety=texts(
        ("방화벽을 통째로 끄고 시험하지 않습니다. 필요한 규칙 하나만 더합니다.", "Do not switch the firewall off to try: add the one rule that is needed."),
        ("원격에서 방화벽을 바꿀 때는 SSH 허용 규칙이 남아 있는지 먼저 확인합니다.", "Before changing a remote firewall, see that its rule for SSH stays."),
    ),
    keywords=Text("연결 거부, 접속 거부, ECONNREFUSED, 포트가 안 열림, 커넥션 거부", "connection refused, econnrefused, refused, port closed, cannot connect to port"),
    metrics=("connections", "error_rate"),
    related=("service_down", "port_conflict", "server_unreachable"),
)  # fmt: skip

PORT_CONFLICT = Runbook(
    topic="port_conflict",
    title=Text("포트가 이미 쓰이고 있을 때(포트 충돌)", "Port already in use"),
    symptom=Text(
        "서비스가 'Address already in use'(EADDRINUSE)로 시작하지 못합니다. 다른 프로세스나 이전 인스턴스가 그 포트를 잡고 있습니다.",
        "A service does not start: 'Address already in use' (EADDRINUSE). Another process, or its own earlier instance, holds the port.",
    ),
    live=Text("{server}: 포트 {port}", "{server}: port {port}"),
    checks=(
        step(
            ("누가 그 포트를 쓰는지 봅니다.", "See who has the port."),
            ("같은 프로그램이면 이전 인스턴스가 남은 것이고, systemd면 소켓 유닛이 먼저 잡은 것입니다.", "The same program: an earlier instance is left. systemd: a socket unit holds it."),
            linux="ss -ltnp 'sport = :{port}'\nlsof -nP -iTCP:{port} -sTCP:LISTEN\nsystemctl list-sockets | grep {port}",
            windows="Get-NetTCPConnection -LocalPort {port} | Select-Object State,OwningProcess\nGet-Process -Id (Get-NetTCPConnection -LocalPort {port} -State Listen).OwningProcess",
            macos="sudo lsof -nP -iTCP:{port} -sTCP:LISTEN",
        ),
        step(
            ("컨테이너가 잡고 있는지 봅니다.", "See whether a container holds it."),
            linux="docker ps --format 'table {{.Names}}\\t{{.Ports}}'",
        ),
        step(
            ("포트가 임시(ephemeral) 포트 범위나 예약 범위 안인지 봅니다.", "See whether it lies within the ephemeral or a reserved range."),
            ("범위 안이면 나가는 연결이 가끔 먼저 잡습니다. 범위 밖의 포트를 쓰거나 예약합니다.", "Within it, an outgoing connection sometimes comes first: choose a port outside, or reserve it."),
            linux="sysctl net.ipv4.ip_local_port_range net.ipv4.ip_local_reserved_ports",
            windows="netsh interface ipv4 show excludedportrange protocol=tcp",
            macos="sysctl net.inet.ip.portrange.first net.inet.ip.portrange.last",
        ),
    ),
    fixes=(
        step(
            ("남은 인스턴스면 정상 종료한 뒤 시작합니다.", "An earlier instance: stop it cleanly, then start."),
            linux="systemctl stop {process}\nsystemctl start {process}",
            windows="Stop-Service -Name {process}\nStart-Service -Name {process}",
            macos="sudo launchctl kickstart -k system/LABEL",
        ),
        step(("서로 다른 서비스면 한쪽 설정에서 포트를 바꾸고, 그 포트를 쓰는 쪽과 방화벽도 함께 바꿉니다.", "Two services: give one another port, and change its users and the firewall with it.")),
        step(
            ("임시 포트와 겹치면 그 포트를 예약합니다. 값 전체를 바꾸므로 이미 있는 값은 쉼표로 함께 적습니다.", "If it collides with ephemeral ports, reserve it. This replaces the whole list: name what is there already, too, with commas."),
            linux="sysctl -w net.ipv4.ip_local_reserved_ports={port}",
        ),
        step(
            ("SELinux가 새 포트를 막으면('Permission denied'로 바인드 실패) 허용합니다.", "If SELinux forbids the new port (binding fails with 'Permission denied'), allow it."),
            rhel="semanage port -a -t http_port_t -p tcp {port}",
        ),
    ),
    verify=(
        step(
            ("원하는 프로세스가 듣고 있는지 봅니다.", "The right process listens."),
            linux="ss -ltnp 'sport = :{port}'\nsystemctl is-active {process}",
            windows="Get-NetTCPConnection -State Listen -LocalPort {port}",
            macos="sudo lsof -nP -iTCP:{port} -sTCP:LISTEN",
        ),
    ),
    safety=texts(
        ("무엇인지 모르는 프로세스를 포트 때문에 종료하지 않습니다. 소유자와 역할을 먼저 확인합니다.", "Do not end a process you do not know because of its port: find out whose it is."),
    ),
    keywords=Text("포트 충돌, 포트 점유, 이미 사용 중, EADDRINUSE", "port conflict, address already in use, eaddrinuse, port in use, port is taken"),
    metrics=("connections",),
    related=("service_down", "connection_refused"),
)  # fmt: skip

RUNBOOKS = (NETWORK_LATENCY, PACKET_LOSS, DNS, CONNECTION_REFUSED, PORT_CONFLICT)

"""Runbooks of trust and time: logging in by SSH, certificates, clocks."""

from __future__ import annotations

from lib.mcp.knowledge.texts import Text
from lib.mcp.knowledge.troubleshooting.form import Runbook, step, texts

SSL_EXPIRY = Runbook(
    topic="ssl_expiry",
    title=Text("인증서가 만료됐거나 곧 만료될 때", "Certificate expired or about to"),
    symptom=Text(
        "브라우저나 클라이언트가 'certificate has expired'라고 합니다. 오류율(error_rate)이 한 시각부터 갑자기 오르고 요청 수(requests)가 줄 수 있습니다.",
        "Browsers or clients say 'certificate has expired'. Error rate (error_rate) may jump at one moment, and requests (requests) fall.",
    ),
    checks=(
        step(
            ("서버가 실제로 내보내는 인증서를 봅니다.", "See the certificate that is really served."),
            ("notAfter가 지났거나 가까우면 갱신합니다. subject가 다른 이름이면 가상 호스트 설정이 틀린 것입니다.", "notAfter passed or near: renew. A subject of another name: the virtual host is wrong."),
            linux="openssl s_client -connect {host}:443 -servername {host} </dev/null 2>/dev/null | openssl x509 -noout -subject -issuer -enddate",
            macos="openssl s_client -connect {host}:443 -servername {host} </dev/null 2>/dev/null | openssl x509 -noout -subject -issuer -enddate",
            windows="Get-ChildItem Cert:\\LocalMachine\\My | Sort-Object NotAfter | Select-Object NotAfter,Subject,Thumbprint",
        ),
        step(
            ("중간 인증서까지 이어지는지 봅니다.", "See whether the chain is complete."),
            ("'unable to get local issuer certificate'면 중간 인증서가 빠진 것입니다. fullchain 파일을 씁니다.", "'unable to get local issuer certificate': the intermediate is missing. Use the full chain."),
            linux="openssl s_client -connect {host}:443 -servername {host} -verify_return_error </dev/null 2>&1 | grep -iE 'verif|error'",
            macos="openssl s_client -connect {host}:443 -servername {host} </dev/null 2>&1 | grep -iE 'verif|error'",
            windows="certutil -verify -urlfetch CERTFILE.cer",
        ),
        step(
            ("자동 갱신이 도는지 봅니다.", "See whether it renews by itself."),
            ("파일은 새것인데 내보내는 것이 옛것이면 웹 서버를 다시 불러오지 않은 것입니다.", "A new file but the old one served: the web server was not reloaded."),
            linux="certbot certificates\nsystemctl list-timers --all | grep -iE 'certbot|acme'\nopenssl x509 -in CERTFILE -noout -enddate -checkend 1209600",
            windows="Get-ScheduledTask | Where-Object TaskName -match 'acme|certif'",
        ),
    ),
    fixes=(
        step(
            ("시험 갱신이 되는지 먼저 보고 갱신합니다.", "Try a renewal, then renew."),
            linux="certbot renew --dry-run\ncertbot renew",
        ),
        step(
            ("웹 서버가 새 인증서를 읽게 합니다.", "Let the web server read the new one."),
            linux="nginx -t && systemctl reload nginx",
            debian="apachectl configtest && systemctl reload apache2",
            rhel="apachectl configtest && systemctl reload httpd",
            windows="Import-Module WebAdministration\n(Get-WebBinding -Name 'SITE' -Protocol https).AddSslCertificate('THUMBPRINT', 'My')",
            macos="nginx -t && nginx -s reload",
        ),
        step(("갱신할 때마다 다시 불러오도록 배포 훅을 걸어 둡니다: certbot renew --deploy-hook 'systemctl reload nginx'", "Have each renewal reload it: certbot renew --deploy-hook 'systemctl reload nginx'")),
    ),
    verify=(
        step(
            ("밖에서 새 만료일이 보이는지 확인합니다. 로드 밸런서가 있으면 그 주소로도 봅니다.", "The new date is seen from outside; with a load balancer, at its address, too."),
            linux="openssl s_client -connect {host}:443 -servername {host} </dev/null 2>/dev/null | openssl x509 -noout -enddate",
            macos="openssl s_client -connect {host}:443 -servername {host} </dev/null 2>/dev/null | openssl x509 -noout -enddate",
            windows="Test-NetConnection -ComputerName {host} -Port 443",
        ),
    ),
    safety=texts(
        ("인증서 검증을 끄는 것(curl -k, verify=False)은 해결이 아닙니다.", "Switching verification off (curl -k, verify=False) solves nothing."),
        ("Let's Encrypt는 같은 이름의 재발급 횟수를 제한합니다. 시험은 --dry-run으로 합니다.", "Let's Encrypt limits how often the same names are issued: try with --dry-run."),
        ("개인 키는 메일이나 채팅으로 보내지 않습니다. 새어 나갔으면 폐기하고 새로 발급합니다.", "Never send a private key by mail or chat; if it got out, revoke and reissue."),
    ),
    keywords=Text("인증서, 만료, SSL, TLS, HTTPS 오류, 인증서 갱신", "ssl, tls, certificate, cert expired, https error, renew certificate, expiring certificate"),
    metrics=("error_rate", "requests"),
    related=("http_5xx", "time_drift"),
)  # fmt: skip

SSH_FAILURE = Runbook(
    topic="ssh_failure",
    title=Text("SSH 접속이 되지 않을 때", "SSH does not work"),
    symptom=Text(
        "SSH가 거부되거나 시간 초과가 나거나 'Permission denied (publickey)'가 나옵니다. 이 화면에서 서버가 계속 보고하면(uptime이 늘면) 서버는 살아 있는 것입니다.",
        "SSH is refused, times out or says 'Permission denied (publickey)'. If the server still reports here (uptime grows), the machine itself is alive.",
    ),
    live=Text("{server}: 가동 시간 {value}{unit}", "{server}: up for {value}{unit}"),
    checks=(
        step(
            ("클라이언트에서 어디서 멈추는지 봅니다.", "On the client, see where it stops."),
            ("'Connection refused'는 sshd가 꺼짐, 시간 초과는 방화벽이나 경로, 'Permission denied'는 키나 계정 문제입니다.", "'Connection refused': sshd is off. A time-out: a firewall or the route. 'Permission denied': the key or the account."),
            linux="ssh -vvv USER@{host}\nnc -vz {host} 22",
            macos="ssh -vvv USER@{host}\nnc -vz {host} 22",
            windows="ssh -vvv USER@{host}\nTest-NetConnection -ComputerName {host} -Port 22",
        ),
        step(
            ("서버에서(콘솔로) 설정과 기록을 봅니다.", "On the server (by its console), look at configuration and log."),
            linux="sshd -t\nss -ltnp 'sport = :22'",
            debian="journalctl -u ssh -n 50 --no-pager",
            rhel="journalctl -u sshd -n 50 --no-pager",
            windows="Get-Service sshd\nGet-WinEvent -LogName OpenSSH/Operational -MaxEvents 30 | Format-List TimeCreated,Message",
            macos="sudo systemsetup -getremotelogin\nlog show --last 15m --predicate 'process == \"sshd\"' | tail -n 30",
        ),
        step(
            ("키 파일의 권한을 봅니다. 느슨하면 sshd가 무시합니다.", "See the permissions of the key file: sshd ignores loose ones."),
            linux="namei -l /home/USER/.ssh/authorized_keys",
            macos="ls -led /Users/USER /Users/USER/.ssh /Users/USER/.ssh/authorized_keys",
            windows="icacls C:\\ProgramData\\ssh\\administrators_authorized_keys",
        ),
        step(
            ("너무 많이 틀려 차단됐는지 봅니다.", "See whether you were banned after failed attempts."),
            linux="fail2ban-client status sshd",
        ),
    ),
    fixes=(
        step(
            ("sshd를 시작하거나, 고친 설정을 검사한 뒤 다시 불러옵니다.", "Start sshd, or reload it once the configuration passes."),
            debian="sshd -t && systemctl restart ssh",
            rhel="sshd -t && systemctl restart sshd",
            windows="Start-Service sshd\nSet-Service -Name sshd -StartupType Automatic",
            macos="sudo systemsetup -setremotelogin on",
        ),
        step(
            ("권한을 바로잡습니다.", "Mend the permissions."),
            linux="chmod 700 /home/USER/.ssh\nchmod 600 /home/USER/.ssh/authorized_keys\nchown -R USER: /home/USER/.ssh",
            rhel="restorecon -Rv /home/USER/.ssh",
            macos="chmod 700 /Users/USER/.ssh\nchmod 600 /Users/USER/.ssh/authorized_keys",
            windows="icacls C:\\ProgramData\\ssh\\administrators_authorized_keys /inheritance:r /grant \"*S-1-5-32-544:F\" /grant \"*S-1-5-18:F\"",
        ),
        step(
            ("차단을 풉니다.", "Lift the ban."),
            linux="fail2ban-client set sshd unbanip ADDRESS",
        ),
        step(
            ("호스트 키가 바뀌었다는 경고는, 서버를 새로 만든 것이 확실하고 지문을 확인했을 때만 옛 키를 지웁니다.", "When the host key is said to have changed, remove the old one only if the server was rebuilt and you have checked the fingerprint."),
            linux="ssh-keygen -R {host}",
            macos="ssh-keygen -R {host}",
            windows="ssh-keygen -R {host}",
        ),
    ),
    verify=(
        step(
            ("열려 있는 세션을 둔 채 새 창에서 접속해 봅니다.", "Keep the session you have and log in from a second window."),
            linux="ssh -o ConnectTimeout=5 USER@{host} true && echo ok",
            macos="ssh -o ConnectTimeout=5 USER@{host} true && echo ok",
            windows="ssh -o ConnectTimeout=5 USER@{host} exit",
        ),
    ),
    safety=texts(
        ("sshd 설정을 바꿀 때는 지금 세션을 닫지 않습니다. 새 접속이 되는 것을 본 뒤 닫습니다.", "While changing sshd keep your session until a new login works."),
        ("비밀번호 로그인이나 root 로그인을 임시로 열어 두지 않습니다.", "Do not open password or root login 'for the moment'."),
    ),
    keywords=Text("SSH 접속 안 됨, 원격 접속, 퍼블릭키, 키 인증 실패, 접속 차단", "ssh, cannot ssh, permission denied publickey, ssh timeout, host key changed, sshd"),
    metrics=("uptime", "connections"),
    related=("server_unreachable", "connection_refused", "dns"),
)  # fmt: skip

TIME_DRIFT = Runbook(
    topic="time_drift",
    title=Text("서버 시계가 틀릴 때", "Clock drift"),
    symptom=Text(
        "기본 규칙은 시계가 30초 넘게 어긋난 채 5분이 지나면 경고합니다. 우리 에이전트의 샘플은 어긋난 만큼 고쳐 저장됩니다. 로그 시각 불일치, 인증서, 토큰, Kerberos 오류가 함께 나타납니다.",
        "The default rule warns when a clock has been off by more than 30 seconds for 5 minutes. Samples of our agent are corrected by the difference. Logs out of step and failing certificates, tokens or Kerberos come with it.",
    ),
    live=Text("{server}: 시계 차이 {value}{unit}", "{server}: clock off by {value}{unit}"),
    checks=(
        step(
            ("동기화 중인지, 얼마나 어긋났는지 봅니다.", "See whether it is synchronised, and how far it is off."),
            ("'System clock synchronized: no'거나 Leap status가 'Not synchronised'면 시간 서버에 닿지 못하는 것입니다.", "'System clock synchronized: no', or Leap status 'Not synchronised': it reaches no time server."),
            linux="timedatectl\nchronyc tracking\nchronyc sources -v",
            debian="timedatectl timesync-status",
            windows="w32tm /query /status\nw32tm /query /source",
            macos="sntp time.apple.com",
        ),
        step(
            ("UDP 123이 열려 있는지, 시간 서버가 답하는지 봅니다.", "See whether UDP 123 is open and a time server answers."),
            ("chronyc sources의 Reach가 0이면 막힌 것입니다.", "Reach 0 in chronyc sources: it is blocked."),
            linux="chronyc -n sources\nchronyd -Q -t 5 'server pool.ntp.org iburst'",
            windows="w32tm /stripchart /computer:time.windows.com /samples:3 /dataonly",
            macos="sntp -t 5 pool.ntp.org",
        ),
        step(("가상 머신이면 호스트의 시각 동기화와 게스트의 NTP가 서로 다투지 않는지 봅니다. 하나만 켭니다.", "On a virtual machine see that the host's time sync and NTP do not fight: use one of them.")),
    ),
    fixes=(
        step(
            ("동기화를 켭니다. 없으면 chrony를 설치합니다.", "Switch synchronisation on; install chrony where there is none."),
            linux="timedatectl set-ntp true",
            debian="apt-get install -y chrony\nsystemctl enable --now chrony",
            rhel="dnf install -y chrony\nsystemctl enable --now chronyd",
            windows="Set-Service w32time -StartupType Automatic\nStart-Service w32time\nw32tm /resync",
            macos="sudo systemsetup -setusingnetworktime on",
        ),
        step(
            ("크게 어긋났으면 한 번에 맞춥니다. 시각이 건너뛰므로 아래 주의를 먼저 읽습니다.", "If it is far off, step it at once. Time jumps, so read the cautions first."),
            linux="chronyc makestep",
            windows="w32tm /resync /rediscover",
            macos="sudo sntp -sS time.apple.com",
        ),
        step(
            ("시간대만 틀렸으면 시간대를 고칩니다. 시각은 건드리지 않습니다.", "If only the zone is wrong, set the zone and leave the time alone."),
            linux="timedatectl set-timezone Asia/Seoul",
            windows="Set-TimeZone -Id 'Korea Standard Time'",
            macos="sudo systemsetup -settimezone Asia/Seoul",
        ),
    ),
    verify=(
        step(
            ("차이가 1초 아래인지 봅니다. 기본 규칙은 맞은 상태가 5분 이어지면 알림을 끝냅니다.", "It is off by less than a second. The default rule ends after 5 right minutes."),
            linux="chronyc tracking | grep 'System time'\ntimedatectl | grep synchronized",
            windows="w32tm /query /status",
            macos="sntp time.apple.com",
        ),
    ),
    safety=texts(
        ("시각을 뒤로 돌리면 데이터베이스, 예약 작업, 분산 시스템이 오작동할 수 있습니다. 서비스를 멈추고 하거나 천천히 맞춥니다(slew).", "Setting time back can upset databases, schedulers and clusters: stop them first, or let it slew."),
        ("Kerberos와 AD는 5분, 일회용 암호는 30초 안팎만 허용합니다.", "Kerberos and AD allow 5 minutes, one-time passwords about 30 seconds."),
    ),
    keywords=Text("시계, 시각 동기화, 시간이 틀림, NTP, 크로니, 시간 오차", "clock, time drift, ntp, chrony, clock skew, time sync, wrong time, clock is off"),
    metrics=("uptime",),
    related=("ssl_expiry", "agent_not_reporting"),
)  # fmt: skip

RUNBOOKS = (SSL_EXPIRY, SSH_FAILURE, TIME_DRIFT)

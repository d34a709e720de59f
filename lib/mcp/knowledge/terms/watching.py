"""Terms of this product and of watching in general: alerts and their life, states, silences, forecasts, scores."""

from __future__ import annotations

from lib.mcp.knowledge.terms.form import term

WATCHING = (
    term(
        "threshold", ("임계값", "Threshold"), "threshold|thresholds|임계값|임계치|기준값|임곗값",
        ("이 값을 넘으면 문제로 보겠다고 정한 수준입니다. 경고와 위험에 각각 정할 수 있습니다.", "The level beyond which something counts as trouble; warning and critical have one each."),
        ("규칙(설정의 규칙)에 있고, 실제 값과 함께 알림에 표시됩니다.", "It is part of a rule (Settings, Rules), and an alert shows it beside the value."),
    ),
    term(
        "rule", ("규칙", "Rule"), "rule|rules|alert rule|alert rules|규칙|알림 규칙|알람 규칙",
        ("무엇이, 얼마나, 얼마 동안, 어느 서버에서 문제인지 정한 것입니다.", "What is wrong, by how much, for how long, and on which servers."),
        ("처음부터 CPU, 메모리, 디스크, 남은 공간, 아이노드, 부하, 하트비트, 시계, 작업 규칙이 있고, 직접 만들 수 있습니다.", "There are rules for CPU, memory, disk, free space, inodes, load, heartbeat, clock and jobs from the start; you can make your own."),
    ),
    term(
        "hold", ("유지 시간(hold)", "Hold"), "hold|hold time|hold seconds|유지 시간|지속 시간|지속 조건|for duration",
        ("값이 기준을 넘은 상태로 이만큼 이어져야 알림이 열립니다. 잠깐 튄 값으로 깨우지 않기 위한 것입니다.", "How long a value must be beyond its level before an alert opens, so that a short spike wakes nobody."),
        ("기본 규칙에서 CPU, 메모리, 부하는 15분, 디스크와 아이노드는 1분입니다.", "By default 15 minutes for CPU, memory and load, 1 minute for disks and inodes."),
    ),
    term(
        "recovery", ("회복 기준(히스테리시스)", "Recovery level (hysteresis)"), "hysteresis|recovery|recovery level|히스테리시스|회복 기준|복구 기준|회복 값",
        ("알림은 기준보다 더 내려간 회복 값을 지나야 끝납니다. 기준 근처에서 오르내려도 알림은 하나로 남습니다.", "An alert ends only past its recovery level, which lies well below the one that opened it. A value that swings around the level stays one alert."),
        ("기본 CPU 규칙은 90%에서 열리고, 80% 아래로 5분이 지나면 끝납니다.", "The default CPU rule opens at 90 % and ends after 5 minutes below 80 %."),
    ),
    term(
        "flapping", ("플래핑", "Flapping"), "flapping|flap|flaps|플래핑|들쭉날쭉",
        ("알림이 열렸다 닫히기를 되풀이하는 것입니다. 한 시간 안에 다시 열리면 한 번으로 셉니다.", "An alert that opens and ends again and again. What opens anew within an hour counts as one flap."),
        ("세 번째부터는 더 오래 조용해야 끝나므로, 여러 알림이 아니라 긴 알림 하나가 됩니다.", "From the third on it must stay calm for longer before it ends: one long alert instead of many."),
    ),
    term(
        "alert", ("알림(인시던트)", "Alert (incident)"), "alert|alerts|incident|incidents|알림|알람|인시던트|경보",
        ("규칙 하나가 서버의 한 지표에서 어긴 한 번의 사건입니다. 시작, 변화, 끝이 시간 순서로 남습니다.", "One episode of one rule on one subject. When it began, changed and ended stays in its timeline."),
        ("1분 안팎으로 도는 스윕이 샘플을 보고 엽니다. 시각은 샘플의 시각입니다.", "The sweep opens it when it has read the samples; its times are those of the samples."),
    ),
    term(
        "acknowledge", ("확인 처리(ack)", "Acknowledge"), "ack|acknowledge|acknowledged|acknowledgement|확인 처리|알림 확인|확인이랑|확인과|확인하고|확인 상태",
        ("누군가 보고 있다고 표시하는 것입니다. 알림은 그대로 열려 있고, 되풀이 알림만 멈춥니다.", "Says that somebody looks after it. The alert stays open; only its reminders stop."),
        ("운영자부터 할 수 있고, 메모와 함께 타임라인과 감사 기록에 남습니다.", "From the role operator on, with a note; it stands in the timeline and in the audit log."),
    ),
    term(
        "resolve", ("종료(해결)", "Resolve"), "resolve|resolved|resolution|해결|종료|해소|닫힘",
        ("알림이 끝난 것입니다. 값이 회복되면 저절로 끝나며, 손으로 끝낼 수도 있습니다.", "An alert that is over: by itself once the value has recovered, or by hand."),
        ("손으로 끝낸 알림은, 값이 한 번 정상이 된 뒤에야 다시 열립니다.", "One that was ended by hand opens anew only after it was over by itself."),
    ),
    term(
        "silence", ("음소거(silence)", "Silence"), "silence|silences|mute|snooze|음소거|뮤트|사일런스|무음|알림 끄기",
        ("정한 기간과 대상의 알림 발송을 멈추는 것입니다. 알림 자체는 계속 기록되고 화면에 보입니다.", "Keeps messages about certain servers, groups, tags, rules or metrics from being sent for a time. Alerts go on and are seen on the page."),
        ("끝났는데 아직 열려 있는 알림은 그때 알려 줍니다. 설정의 '알림 끄기'에서 만들고 끝냅니다.", "What is still open when it ends is told then. Made and ended under Settings, Silences."),
    ),
    term(
        "maintenance_window", ("점검 시간", "Maintenance window"), "maintenance window|maintenance|점검 시간|점검 시간대|유지 보수|메인터넌스",
        ("되풀이되는 음소거입니다. 예를 들어 매월 첫 일요일 3시부터 2시간처럼 정합니다.", "A silence that recurs, such as two hours from 3 o'clock on each first Sunday."),
        ("cron 식이나 RFC 5545 규칙으로 정하며, 만들기 전에 다음 시각들을 미리 보여 줍니다.", "Given as a cron expression or an RFC 5545 rule; the next times are shown before it is kept."),
    ),
    term(
        "warning", ("경고", "Warning"), "warning|warnings|warn|경고|주의|워닝",
        ("곧 문제가 될 수 있어 업무 시간 안에 볼 만한 상태입니다. 화면의 서버 상태에도 '경고'로 나옵니다.", "May become trouble: to be looked at within working hours."),
        ("규칙의 경고 기준을 유지 시간 동안 넘으면 됩니다. 기본 CPU와 메모리는 90%입니다.", "Beyond the rule's warning level for its hold; by default 90 % of CPU or memory."),
    ),
    term(
        "critical", ("위험", "Critical"), "critical|crit|위험|심각|크리티컬",
        ("지금 서비스가 상하거나 곧 멈출 수 있어 바로 봐야 하는 상태입니다.", "Harm now or very soon: to be looked at at once."),
        ("규칙의 위험 기준을 유지 시간 동안 넘으면 됩니다. 조용한 시간에도 보내고, 시간당 한도로 미루지 않습니다.", "Beyond the rule's critical level for its hold. It is sent in quiet hours, too, and no hourly budget holds it back."),
    ),
    term(
        "severity", ("심각도", "Severity"), "severity|severities|심각도|등급",
        ("알림이 얼마나 급한지 나눈 것입니다: 정보, 경고, 위험.", "How urgent an alert is: info, warning or critical."),
        ("규칙마다 정하며, 채널은 어느 심각도부터 받을지 고릅니다.", "Set by each rule; a channel chooses from which one on it wants to hear."),
    ),
    term(
        "channel", ("알림 채널", "Channel"), "channel|channels|알림 채널|채널",
        ("알림을 사람에게 보내는 길입니다. 슬랙, 이메일, 텔레그램, 카카오워크, 웹훅 등이 있습니다.", "A way to reach people: Slack, e-mail, Telegram, KakaoWork, webhook and others."),
        ("관리자가 설정의 '알림 채널'에서 만들며, 시험 메시지를 보내 볼 수 있습니다.", "An admin makes one under Settings, Channels, and can try it with a real message."),
    ),
    term(
        "stale", ("보고 지연(stale)", "Stale"), "stale|스테일|보고 지연|지연 상태",
        ("보고가 늦어 마지막으로 알려진 값을 보여 주는 상태입니다(화면에는 '지연'). 서버가 죽었다는 뜻은 아닙니다.", "Its report is late, so the values shown are the last known. It does not mean that the server is down."),
        ("보고 간격의 두 배에 30초를 더한 시간 동안 소식이 없으면 됩니다.", "Nothing heard for two reporting intervals and 30 seconds."),
    ),
    term(
        "offline", ("오프라인", "Offline"), "offline|오프라인|off line|응답 없음",
        ("오래 소식이 없어 서버나 에이전트, 네트워크가 끊긴 것으로 보는 상태입니다. 화면에는 '응답 없음'으로 나옵니다.", "Silent for so long that the server, its agent or its network counts as gone."),
        ("보고 간격의 세 배에 30초를 더한 시간 동안 소식이 없으면 됩니다. 절반 이상이 함께 조용해지면 모니터 쪽을 먼저 의심합니다.", "Nothing heard for three reporting intervals and 30 seconds. If half of the fleet falls silent together, the monitor itself is suspected first."),
    ),
    term(
        "heartbeat", ("하트비트", "Heartbeat"), "heartbeat|heart beat|하트비트|생존 신호",
        ("보고가 오는 것 자체가 살아 있다는 신호입니다.", "That a post arrives at all is the sign of life."),
        ("허브가 받은 시각으로 셉니다. 서버가 주장하는 시각은 믿지 않습니다.", "Counted by the hub's clock when a post is heard, never by what the server claims."),
    ),
    term(
        "sweep", ("스윕", "Sweep"), "sweep|sweeps|스윕",
        ("기다리던 보고를 모아 상태와 알림을 정하고 한 번에 저장하는 작업입니다. 한 번에 하나만 돕니다.", "The fold of waiting posts into states and alerts, committed all at once; one runs at a time."),
        ("보고가 오면 깨우고, 없어도 1분마다 한 번은 돕니다(분마다 부르는 시계가 필요합니다).", "Woken by posts, and once a minute anyway, where the minute ticker is set up."),
    ),
    term(
        "rollup", ("롤업", "Roll-up"), "roll-up|rollup|roll up|rollups|롤업|집계",
        ("오래된 값을 5분과 1시간의 최소, 평균, 최대로 묶는 것입니다.", "Old values put together as minimum, average and maximum of five minutes and of an hour."),
        ("기본 설정에서 모든 샘플은 14일, 5분 값은 90일, 1시간 값은 400일 보관합니다.", "By default every sample is kept for 14 days, five-minute values for 90, hourly values for 400."),
    ),
    term(
        "agent", ("에이전트", "Agent"), "agent|agents|에이전트",
        ("서버에 설치해 값을 재고 허브로 보내는 작은 프로그램입니다. 파일 하나이며 특별한 권한이 필요 없습니다.", "The small program on a server that measures it and tells the hub. It is one file and needs no rights of its own."),
        ("10초마다 재고, 허브에 닿지 않으면 모아 두었다가 나중에 보냅니다.", "It measures every 10 seconds, and keeps what it cannot send until the hub is back."),
    ),
    term(
        "hub", ("허브", "Hub"), "hub|허브",
        ("에이전트의 보고를 받고 화면을 보여 주는 이 서비스입니다.", "This service: it takes the agents' posts and shows the page."),
    ),
    term(
        "spool", ("스풀", "Spool"), "spool|스풀",
        ("에이전트가 아직 보내지 못한 값을 담아 두는 파일입니다. 허브가 저장했다고 답할 때까지 지우지 않습니다.", "The file in which the agent keeps what the hub has not stored yet."),
        ("64MB나 7일을 넘으면 가장 오래된 것부터 버리고, 버렸다고 보고합니다.", "Beyond 64 MB or seven days the oldest is dropped, and the loss reported."),
    ),
    term(
        "anomaly", ("이상 징후", "Anomaly"), "anomaly|anomalies|outlier|outliers|이상 징후|이상징후|이상치|이상 탐지|anomaly detection",
        ("지표가 자신의 지난 모습과 다르게 움직이는 것입니다. 기준을 넘었는지와는 상관없습니다.", "A metric that behaves unlike its own past, whether or not it is beyond any level."),
        ("지표마다 1분에 한 번, 같은 시각의 평소와 견줘 점수를 매깁니다. 한 시간쯤 지나야 말하기 시작하고, 하루가 지나면 좋아집니다.", "Each series is scored once a minute against what is usual at that hour. It speaks after about an hour and is good after a day."),
    ),
    term(
        "anomaly_score", ("이상 점수", "Anomaly score"), "anomaly score|score of anomaly|이상 점수|이상점수",
        ("지금 값이 평소와 얼마나 다른지를 0에서 1로 나타낸 것입니다.", "How unlike itself a series is now, from 0 to 1."),
        ("지금까지의 범위를 벗어난 정도와 드문 정도를 합치며, 20번의 값이 지나면 절반으로 줄어듭니다.", "Joined from how far the value leaves all it ever was and how rare it is; it fades by half within 20 values."),
        ("보통 감도에서는 0.45부터 이상 징후로 봅니다(낮음 0.6, 높음 0.32).", "With normal sensitivity 0.45 and more is called unlike itself (low 0.6, high 0.32)."),
    ),
    term(
        "expected_band", ("예상 범위", "Expected band"), "expected band|expected range|예상 범위|예상 밴드|기대 범위|정상 범위 띠",
        ("이 시각에 보통 나오는 값의 범위입니다. 차트에서 선 뒤의 띠로 보입니다.", "What is usual at this hour: the band behind the line in the chart."),
        ("서버 자신의 지난 값에서 배웁니다. 24시간 모양과 주말 모양을 따로 봅니다.", "Learned from the server's own past, with one shape for weekdays and another for weekends."),
    ),
    term(
        "forecast", ("예측", "Forecast"), "forecast|forecasts|prediction|예측|전망",
        ("지표가 앞으로 어떻게 될지 자기 과거로 어림한 것입니다.", "What a metric is likely to do, judged by its own past."),
        ("최근 14일의 시간 평균에서 매시간 만들고, 지나간 뒤 실제와 견줘 얼마나 맞았는지 보여 줍니다.", "Made every hour from hourly means of the last 14 days, and held against what came."),
    ),
    term(
        "forecast_interval", ("예측 구간", "Forecast interval"), "forecast interval|prediction interval|confidence interval|예측 구간|신뢰 구간|예측 범위",
        ("실제 값이 열에 아홉은 들어올 것으로 보는 범위입니다. 넓을수록 확신이 적습니다.", "Where the value is expected to be nine times of ten. The wider, the less is known."),
        ("같은 방법이 과거에 얼마나 틀렸는지로 정합니다.", "Taken from how wrong the same method was in the past."),
    ),
    term(
        "eta", ("도달 예상 시각", "Exhaustion date"), "eta|도달 예상 시각|도달 예상|exhaustion date|time to full|도달 시각|고갈 시점|고갈 예상|포화 시점",
        ("디스크가 꽉 차거나 지표가 기준에 닿을 것으로 보이는 시각과 그 범위입니다.", "When a disk will likely be full or a metric reach a level, with a range."),
        ("디스크는 최근 14일 동안 하루에 는 양의 중앙값으로 봅니다. 늘지 않거나 들쭉날쭉하면 날짜 대신 이유를 말합니다.", "For disks by the median of what was gained each day of the last 14. Without a trend, or with too much noise, the reason is told instead of a date."),
        metric="disk",
    ),
    term(
        "health_score", ("건강 점수", "Health score"), "health score|health scores|건강 점수|헬스 스코어|상태 점수",
        ("서버가 얼마나 잘 지내는지 0에서 100으로 나타낸 점수입니다. 깎인 점수마다 이유가 붙습니다.", "How well a server does, from 0 to 100; each point taken has its reason."),
        ("100에서 시작해 CPU, 메모리, 디스크 등이 기준을 넘은 만큼(p95), 열린 위험 알림 20점, 경고 8점(합해서 40점까지), 빠진 값의 몫을 뺍니다.", "100 minus points for each resource by its p95, 20 for each open critical alert and 8 for each warning (at most 40), and a share for what was not measured."),
        ("100에 가까울수록 좋습니다. 조용한 서버에는 점수가 없습니다.", "Near 100 is good. A silent server has none."),
    ),
    term(
        "saturation", ("포화", "Saturation"), "saturation|saturated|포화|use method|use 방법론",
        ("자원이 한계에 닿아 일이 줄을 서기 시작한 상태입니다.", "A resource at its limit, where work begins to queue."),
        ("CPU, 코어당 부하, 입출력 대기, 스틸, 디스크, 아이노드, 오류에서 한계를 넘은 시간의 비율을 봅니다.", "Judged for CPU, load a core, I/O wait, steal, disks, inodes and errors by the share of time beyond the limit."),
    ),
    term(
        "baseline", ("기준선(평소 값)", "Baseline"), "baseline|baselines|기준선|베이스라인|평소 값|평소값",
        ("비교의 바탕이 되는 평소 값입니다. 같은 시각, 같은 요일의 지난 값을 씁니다.", "What is usual, to compare with: earlier values of the same hours."),
        ("달라졌다는 판단은 통계 검정을 거치며, 우연히 다른 정도는 말하지 않습니다.", "A difference is told only where a test says it is no accident."),
    ),
    term(
        "correlation", ("상관관계", "Correlation"), "correlation|correlations|correlate|상관|상관관계|상관 관계",
        ("두 지표가 함께 움직이는 정도입니다. 함께 움직인다고 원인이라는 뜻은 아닙니다.", "How much two metrics move together. It does not make one the cause of the other."),
        ("각 지표 자신의 흐름을 걷어 낸 뒤, 시차를 두고 순위 상관을 봅니다.", "Rank correlation at a lag, once both are freed of their own memory."),
    ),
    term(
        "root_cause", ("원인 분석", "Root cause analysis"), "root cause|root cause analysis|rca|근본 원인|원인 분석",
        ("무엇이 먼저 바뀌어 문제가 되었는지 찾는 일입니다.", "Finding what changed first and made the trouble."),
        ("변화 시점 앞뒤의 다른 지표, 배포, 재부팅, 오류를 모아 순위를 매깁니다. 순위는 확률이 아니라 볼 차례입니다.", "Other series, deploys, reboots and errors around the change are ranked. The order says where to look first; it is no probability."),
    ),
    term(
        "event", ("이벤트", "Event"), "event|events|이벤트",
        ("한 시각에 일어난 일입니다: 재부팅, OOM, 배포처럼 차트에 표시됩니다.", "Something that happened at one moment and is marked on the charts: a reboot, an OOM kill, a deploy."),
        ("에이전트가 보내거나, agent.py --event deploy \"이름\"으로 직접 남깁니다.", "Sent by the agent, or by hand: agent.py --event deploy \"name\"."),
    ),
    term(
        "job_check", ("작업 확인(체크)", "Check (job)"), "job check|cron check|checks?|dead man|작업 확인|체크인|작업 감시|크론 감시",
        ("정해진 때에 돌아야 하는 작업이 정말 돌았는지 지켜보는 것입니다. 작업이 신호(핑)를 보내지 않으면 알립니다.", "Watches a job that should run: when its ping does not come, somebody is told."),
        ("설정의 '작업'에서 만들고, 작업 끝에 curl 한 줄을 더합니다.", "Made under Settings, Jobs; the job gets one line of curl at its end."),
    ),
    term(
        "status_page", ("상태 페이지", "Status page"), "status page|public status|상태 페이지|공개 상태",
        ("로그인하지 않은 사람에게 서비스 상태를 보여 주는 공개 화면입니다(/status.html).", "What strangers may see of your services without signing in (/status.html)."),
        ("관리자가 고른 항목만 나오고, 서버 이름과 원인은 나오지 않습니다.", "Only what an admin chose is on it, without names of servers or reasons."),
    ),
    term(
        "tag", ("태그", "Tag"), "tag|tags|label|labels|태그|꼬리표|라벨",
        ("서버에 붙이는 이름표입니다(team:payment처럼). 묻고, 규칙을 걸고, 볼 수 있는 범위를 정하는 데 씁니다.", "A label on a server, such as team:payment: to ask by, to aim rules at, and to limit who sees what."),
        ("설치할 때 --tag로 붙이고, 나중에는 설치 명령을 다시 실행하거나 API로 바꿉니다.", "Given when installing (--tag); changed by running the install line again, or by the API."),
    ),
    term(
        "role", ("역할", "Role"), "role|roles|permission|permissions|역할|권한|뷰어|viewer|operator|운영자",
        ("누가 무엇을 할 수 있는지 정한 것입니다. 보기 전용은 보기만, 운영자는 알림 확인과 음소거, 규칙까지, 관리자는 사용자와 키, 채널까지 다룹니다.", "What somebody may do: viewers look; operators also acknowledge, silence and change rules; admins also manage users, keys and channels."),
    ),
    term(
        "api_key", ("키(API 키)", "Key (API key)"), "api key|api keys|key|keys|~키|api 키|에이전트 키",
        ("에이전트와 스크립트가 쓰는 비밀값입니다(omv_live_로 시작). 만들 때 한 번만 보입니다.", "What agents and scripts sign in with (omv_live_...). It is shown once, when it is made."),
        ("범위가 셋 있습니다: write는 보고, read는 읽기, act는 알림 확인 같은 조작입니다.", "It has scopes: write to report, read to read, act to acknowledge and the like."),
    ),
    term(
        "mcp", ("MCP(모델 컨텍스트 프로토콜)", "MCP (Model Context Protocol)"), "mcp|model context protocol|엠씨피|모델 컨텍스트 프로토콜",
        ("AI 도구(Claude, Cursor 같은)가 다른 시스템의 도구와 자료를 쓰게 하는 공개 규격입니다.", "An open protocol by which AI tools such as Claude or Cursor use other systems' tools and data."),
    ),
    term(
        "retention", ("보관 기간", "Retention"), "retention|data retention|보관 기간|보존 기간|보관기간",
        ("값을 얼마나 오래 남겨 두는지입니다.", "How long values are kept."),
        ("기본은 모든 샘플 14일, 5분 값 90일, 1시간 값과 이벤트 400일, 오류 30일, 프로세스 목록 24시간이며 설정으로 바꿉니다.", "By default every sample 14 days, five-minute values 90, hourly values and events 400, errors 30, lists of processes 24 hours; all can be set."),
    ),
)  # fmt: skip

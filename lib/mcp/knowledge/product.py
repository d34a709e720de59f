"""Answers about the product: what can be asked, settings, people, alerts, data, costs. True of what is there, tested so."""

from __future__ import annotations

import re

from lib.mcp.knowledge.help import Help, Shelf, help_of
from lib.mcp.knowledge.product_admin import ADMIN

_FLEET = ("전체 서버 상태 요약해줘", "How is the whole fleet?")
_ALERTS = ("지금 열린 알림 보여줘", "Show the open alerts")
_TOP = ("CPU 높은 서버 5대", "Top 5 servers by CPU")
_FULL = ("디스크 언제 꽉 차?", "When will the disks be full?")

_SHELF = Shelf(
    (
        help_of(
            "capabilities", ("물어볼 수 있는 것", "What you can ask"),
            "what can you do|what can i ask|what do you do|what are you able|your capabilities|capabilities|features|help|manual|guide|tutorial|about this product|this dashboard|openmanager|오픈매니저|이 제품|이 시스템|이 서비스|매뉴얼|가이드|how do i use you|how to use|who are you|what are you|example questions|sample questions|무엇을 물어|뭘 물어|뭐 물어|물어볼 수|물어봐도|무엇을 할 수|뭘 할 수|뭐 할 수|할 줄 알|할 수 있는|기능|도움말|사용법|사용 방법|어떻게 써|너는 누구|넌 누구|누구야|뭐 하는|뭐하는|예시 질문|질문 예시",
            (
                ("서버의 상태, 지표, 알림에 대해 한국어나 영어로 물어보실 수 있습니다. 답의 숫자는 모두 저장된 데이터에서 나옵니다.", "Ask about your servers, their metrics and alerts, in Korean or English. Every number of an answer comes from stored data."),
                ("- 지금과 과거: 상태 요약, 지표 값과 추이, 순위, 조건 검색, 서버와 기간 비교", "- Now and before: status, values and trends, rankings, conditions, comparing servers and periods"),
                ("- 문제: 열린 알림, 원인, 이상 징후, 예측(디스크가 언제 차는지), 로그와 프로세스, 가동률", "- Trouble: open alerts, causes, anomalies, forecasts (when a disk is full), logs and processes, availability"),
                ("- 방법: 장애 조치 순서와 명령, 용어 설명, 에이전트 설치, 이 제품의 설정", "- How to: runbooks with commands, terms, installing the agent, this product's settings"),
                ("서버를 재부팅하거나 명령을 실행하지는 않습니다. 알림 확인, 끄기, 기준 변경은 미리 보여 드리고 확인을 받은 뒤에만 합니다.", "I do not reboot servers or run commands. Acknowledging, silencing and changing levels are shown first and done only once you confirm."),
            ),
            (_FLEET, _ALERTS, _TOP, _FULL),
            "/#/",
        ),
        help_of(
            "answers", ("답을 만드는 방법", "How answers are made"),
            "how do you know|how do you work|how are answers|language model|llm|chatgpt|gpt|openai|claude api|artificial intelligence|hallucinat|can i trust|accurate|accuracy|where do the numbers|어떻게 답|답을 어떻게|답변은 어떻게|언어 모델|인공지능|챗지피티|지피티|정확해|정확한|믿어도|믿을 수|근거|출처|환각|외부 ai|학습에|내 질문|우리 질문|질문이 외부|are you an ai|are you a bot|are you human|are you a robot|사람이야|사람인가|봇이야|ai야|ai세요|ai인가",
            (
                ("화면과 같은 조회를 거쳐 답하며, 답에 나오는 숫자는 모두 근거 목록에 있습니다. 데이터가 없으면 없다고 말합니다.", "Answers come from the same queries as the page, and every number in them is listed with its source. Where there is no data, I say so."),
                ("언어 모델은 필요 없고 기본으로 쓰지 않습니다. 질문을 읽는 것도 이 허브 안에서 합니다. `OPENMANAGER_LLM_URL`을 정하면 문장을 다듬는 데 쓰며, 그때는 질문과 답이 그곳으로 보내집니다.", "No language model is needed, and by default none is used: questions are read within this hub. With `OPENMANAGER_LLM_URL` one may reword answers, and is then sent questions and answers."),
                ("원인은 순위를 매긴 가설이며 증명이 아닙니다. 예측에는 범위가 함께 나옵니다.", "Causes are ranked hypotheses and no proof; forecasts come with a range."),
                ("질문과 읽은 내용은 이어지는 질문을 위해 한 시간 동안만 보관합니다.", "A question and how it was read are kept for an hour, so that you can go on from it."),
            ),
            (("CPU 왜 높아?", "Why is CPU high?"), _FULL, _FLEET),
        ),
        help_of(
            "settings", ("설정", "Settings"),
            "settings?|preferences|configure|configuration|options page|설정|환경 설정|설정은 어디|설정 화면|세팅",
            (
                ("왼쪽 메뉴의 '설정'에 있습니다. 모두에게 보이는 것과 관리자에게만 보이는 것이 있습니다.", "Under **Settings** in the menu. Some parts are for everybody, some for admins only."),
                ("- 모두: 키와 화면(언어, 밝기, 내 비밀번호), 규칙, 알림 끄기, 기기 알림, 작업", "- Everybody: Keys and page (language, appearance, your password), Rules, Silences, Notifications, Jobs"),
                ("- 관리자: 키, 알림 채널, 공개 페이지, 사용자, 접속 주소, 감사 기록", "- Admins: keys, Channels, Public page, Users, Addresses, Audit log"),
                ("보관 기간, 시간대처럼 서버에 두는 설정은 환경 변수로 정합니다(docs/deploy.md).", "What the hub itself needs, such as retention and time zone, is set in its environment (docs/deploy.md)."),
            ),
            (("알림은 어떻게 받아?", "How do I get notified?"), ("사용자는 어떻게 추가해?", "How do I add a user?"), _FLEET),
            "/#/settings",
        ),
        help_of(
            "mcp", ("MCP 연결", "Connecting by MCP"),
            "mcp|model context protocol|claude code|claude desktop|claude|cursor|vs code|vscode|connect an ai|ai tool|ai client|copilot|코파일럿|엠씨피|엠시피|클로드|커서|비주얼 스튜디오 코드|ai 도구|에이아이 도구|mcp 연결|mcp 서버|mcp 주소",
            (
                ("Claude, Cursor, VS Code 같은 AI 도구를 `https://HUB/api/mcp`에 연결하면 이 허브에 같은 것을 물어볼 수 있습니다. 허브에 설치하거나 켤 것은 없습니다.", "Connect Claude, Cursor, VS Code and other AI tools to `https://HUB/api/mcp` and they can ask this hub the same. Nothing need be installed or switched on."),
                ("1. 관리자가 설정의 '키와 화면'에서 `read` 권한 키를 만듭니다. `act`를 주면 알림 확인, 끄기, 기준 변경도 할 수 있습니다(확인을 거칩니다).", "1. An admin makes a key with the scope `read` under **Settings, Keys and page**. With `act` it may also acknowledge, silence and change levels, each after a confirmation."),
                ("2. Claude Code: `claude mcp add --transport http openmanager https://HUB/api/mcp --header \"Authorization: Bearer omv_live_...\"`", "2. Claude Code: `claude mcp add --transport http openmanager https://HUB/api/mcp --header \"Authorization: Bearer omv_live_...\"`"),
                ("Claude Desktop, Cursor, VS Code의 설정 파일은 docs/mcp.md에 있습니다.", "The files for Claude Desktop, Cursor and VS Code are in docs/mcp.md."),
                ("키를 태그나 서버, 네트워크, 기간으로 제한할 수 있고, 한 일은 감사 기록에 남습니다.", "A key can be held to tags, a server, networks and a time; what it does stands in the audit log."),
            ),
            (("MCP가 뭐야?", "What does MCP mean?"), _FLEET, _ALERTS),
            "/#/settings",
        ),
        help_of(
            "notifications", ("알림 받기(채널)", "Being notified (channels)"),
            "notifications?|notify|notified|get alerts|receive alerts|alert channels?|channels?|slack|e-?mail alerts?|email|discord|telegram|teams|webhook|pagerduty|ntfy|kakao ?work|naver works|jandi|dooray|sms|알림 받|알림을 받|알림은 어떻게|알림 설정|알림 채널|알람 설정|알람 받|채널|슬랙|이메일|메일로|디스코드|텔레그램|팀즈|웹훅|페이저듀티|카카오|카톡|네이버 웍스|잔디|두레이|문자로",
            (
                ("관리자가 설정의 '알림 채널'에서 받을 곳을 추가합니다. 처음에는 채널이 없어 아무에게도 보내지 않습니다.", "An admin adds where messages go under **Settings, Channels**. A fresh hub has none and tells nobody."),
                ("슬랙, 디스코드, 텔레그램, Teams, 웹훅, ntfy, PagerDuty, 이메일, 카카오워크, 네이버웍스, 잔디, 두레이로 보낼 수 있습니다. 문자와 전화는 없습니다.", "Slack, Discord, Telegram, Teams, webhook, ntfy, PagerDuty, e-mail, KakaoWork, NAVER WORKS, JANDI and Dooray. There are no text messages or calls."),
                ("채널마다 언어, 심각도, 서버와 태그, 묶음, 시간당 한도, 조용한 시간, 다시 알리기를 정하고 '테스트'로 실제 메시지를 보내 봅니다.", "Each has its language, severity, servers and tags, grouping, hourly budget, quiet hours and reminders; **Test** sends a real message."),
                ("채널의 비밀값을 저장하려면 `OPENMANAGER_ENCRYPTION_KEYS`가 필요합니다.", "To store a channel's secrets the hub needs `OPENMANAGER_ENCRYPTION_KEYS`."),
                ("내 휴대폰이나 브라우저로만 받으려면 설정의 '기기 알림'을 씁니다.", "For your own phone or browser alone use **Settings, Notifications**."),
            ),
            (("휴대폰으로 알림 받는 방법", "How do I set up push notifications?"), ("알림을 잠시 끄는 방법", "How do I silence alerts for a while?"), _ALERTS),
            "/#/settings?part=channels",
        ),
        help_of(
            "push", ("내 기기로 알림 받기", "Alerts on your own devices"),
            "push|web push|push notifications?|on my phone|my phone|phone|mobile|mobile app|an app for|iphone|android|browser notifications?|푸시|웹 푸시|휴대폰|핸드폰|스마트폰|모바일|아이폰|안드로이드|모바일 앱|앱으로|앱이 있|앱 있|브라우저 알림|기기 알림",
            (
                ("받을 브라우저나 휴대폰에서 설정의 '기기 알림'을 열고 '이 브라우저로 받기'를 누릅니다. 역할과 상관없이 누구나 할 수 있습니다.", "On that browser or phone open **Settings, Notifications** and subscribe it. Everybody may, whatever their role."),
                ("아이폰에서는 먼저 화면을 홈 화면에 추가해야 합니다. HTTPS 주소여야 합니다.", "On an iPhone put the page on the home screen first. The address must be HTTPS."),
                ("기기마다 심각도, 해결 알림, 언어, 방해 금지 시간을 정합니다. 내가 볼 수 있는 서버의 알림만 옵니다.", "Each device has its severity, language and quiet hours, and hears of the servers you see."),
                ("별도의 앱이나 계정은 없습니다.", "There is no app and no account for it."),
            ),
            (("슬랙으로 알림 받는 방법", "How do I send alerts to Slack?"), _ALERTS, _FLEET),
            "/#/settings?part=devices",
        ),
        help_of(
            "silences", ("알림 끄기와 점검 시간", "Silences and maintenance windows"),
            "silences?|silencing|mute|snooze|maintenance windows?|maintenance|stop the alerts|too many alerts|alert fatigue|quiet hours|알림 끄기|알림을 끄|알림 끄|알림을 잠시|음소거|뮤트|점검 시간|점검 등록|유지 보수|조용한 시간|알림이 너무 많|알림 폭탄|방해 금지",
            (
                ("설정의 '알림 끄기'에서 대상과 기간을 정하거나, 알림 화면에서 바로 끕니다(운영자부터). 여기에서 'web-1 30분 음소거'처럼 말씀하셔도 됩니다.", "Under **Settings, Silences** choose for whom and how long, or press **Silence** on an alert (from the role operator on). You may also ask here: \"silence web-1 for 30 minutes\"."),
                ("서버, 그룹, 태그, 규칙, 지표로 정하고, cron이나 RRULE로 되풀이되는 점검 시간도 만들 수 있습니다.", "By server, group, tag, rule or metric, once or recurring by cron or RRULE."),
                ("끄는 동안에도 알림은 기록되고 화면에 보입니다. 끝났는데 아직 열려 있으면 그때 알립니다.", "Alerts go on and are seen meanwhile; what is still open when it ends is told then."),
                ("너무 자주 온다면 규칙의 지속 시간과 기준을 올리거나 채널의 묶음, 시간당 한도를 조정합니다.", "If too many come, raise a rule's hold and levels, or a channel's grouping and hourly budget."),
            ),
            (_ALERTS, ("규칙은 어떻게 만들어?", "How do I make a rule?"), ("확인과 음소거의 차이", "What is the difference between ack and silence?")),
            "/#/settings?part=silences",
        ),
        help_of(
            "rules", ("규칙과 기준", "Rules and levels"),
            "rules?|alert rules?|thresholds?|create a rule|make a rule|default rules|change the threshold|규칙|알림 규칙|알람 규칙|룰|임계값|임계치|기준값|기준을 바꾸|기준 변경|기본 규칙",
            (
                ("설정의 '규칙'에서 '새 규칙'을 누릅니다(운영자부터). 지표, 기준, 지속 시간, 회복 기준, 대상을 정하면 지난 14일에 몇 번 발생했을지 미리 보여 줍니다.", "Under **Settings, Rules** choose **New rule** (from the role operator on). Metric, levels, hold, recovery and scope are tried on the last 14 days before it acts."),
                ("처음부터 CPU, 메모리, 디스크, 남은 공간, 아이노드, 부하, 무응답, 시계, 작업, '디스크가 곧 꽉 참' 규칙이 있습니다. 끄거나 바꿀 수 있습니다.", "From the start there are rules for CPU, memory, disk, free space, inodes, load, silence, clock, jobs and disks that will be full. They can be changed or switched off."),
                ("직접 보낸 지표(`app.queue`)나 이상 징후, 예측, 오류에 대한 규칙도 만들 수 있습니다(docs/alerts.md).", "Rules may also watch metrics of your own (`app.queue`), anomalies, forecasts and errors (docs/alerts.md)."),
                ("규칙은 파일로 내보내고 가져올 수 있습니다(`GET /api/rules/export`).", "Rules can be exported to a file and imported (`GET /api/rules/export`)."),
            ),
            (("메모리 90% 넘으면 알려줘", "Tell me when memory goes over 90 %"), ("CPU 80% 넘는 서버", "Servers with CPU over 80 %"), _ALERTS),
            "/#/settings?part=rules",
        ),
        help_of(
            "languages", ("언어와 화면", "Language and appearance"),
            "languages?|korean|english|switch to korean|switch to english|japanese|chinese|dark mode|light mode|theme|appearance|shortcuts?|keyboard|time ?zone|언어|한국어|영어|영문|일본어|중국어|다크 모드|라이트 모드|어두운|밝은 화면|테마|단축키|시간대|타임존",
            (
                ("화면 위의 언어 단추로 바꿉니다. 한국어와 영어 두 가지이며, 저는 물어보신 언어로 답합니다.", "Switch at the top of the page by its language switch. There are Korean and English; I answer in the language you ask in."),
                ("밝은 화면과 어두운 화면은 그 옆의 단추로, 단축키 목록은 `?`로 볼 수 있습니다.", "Light and dark are beside it; `?` lists the keyboard shortcuts."),
                ("채널과 기기의 메시지 언어는 각각 정합니다.", "Messages have a language of their own for each channel and device."),
                ("메시지와 답의 시각은 `OPENMANAGER_TIMEZONE`의 시간대를 따릅니다.", "Times in messages and answers are in `OPENMANAGER_TIMEZONE`."),
            ),
            (("무엇을 물어볼 수 있어?", "What can I ask?"), _FLEET, _ALERTS),
            "/#/settings",
        ),
        help_of(
            "jobs", ("작업 감시(크론, 백업)", "Watching jobs (cron, backups)"),
            "jobs?|cron|cron ?jobs?|backup job|scheduled tasks?|dead man'?s? switch|heartbeat url|ping url|작업 감시|작업 등록|작업을 등록|크론|배치 작업|예약 작업|백업이 돌|백업 감시|핑 주소|작업",
            (
                ("설정의 '작업'에서 작업을 만들고(운영자부터), 표시되는 `curl` 한 줄을 스크립트 끝에 붙입니다.", "Make one under **Settings, Jobs** (from the role operator on) and put the line of `curl` it shows at the end of your script."),
                ("주기나 cron 식으로 언제 돌아야 하는지 정하며, 유예 시간이 지나도록 신호가 없거나 실패하면 알립니다.", "It is due every so often or by a cron expression; when no ping comes within its grace, or one says that it failed, somebody is told."),
                ("시작(`/start`), 실패(`/fail`), 종료 코드, 로그(`/log`)도 보낼 수 있습니다.", "It may also tell its start (`/start`), failure (`/fail`), exit code and what it said (`/log`)."),
            ),
            (_ALERTS, ("알림은 어떻게 받아?", "How do I get notified?"), _FLEET),
            "/#/settings?part=checks",
        ),
        help_of(
            "status_page", ("공개 상태 페이지", "The public status page"),
            "status page|public page|public status|badge|badges|strangers|customers see|상태 페이지|공개 페이지|공개 상태|배지|뱃지|고객에게|외부에 공개",
            (
                ("관리자가 설정의 '공개 페이지'에서 고른 서버, 그룹, 작업이 `/status.html`에 로그인 없이 보입니다.", "What an admin chose under **Settings, Public page** (servers, groups, jobs) is shown at `/status.html` without signing in."),
                ("처음에는 아무것도 공개되지 않습니다. 공개용 이름을 따로 정하며 서버 이름과 원인은 나오지 않습니다.", "At first nothing is public. Each has a name for strangers; names of servers and reasons are not shown."),
                ("지난 90일의 가동률과 최근 2주의 장애가 보이고, 배지 이미지를 다른 페이지에 넣을 수 있습니다.", "It shows uptime of ninety days and what disturbed it in two weeks; badges can be put on other pages."),
            ),
            (("지난달 가동률", "Availability last month"), _FLEET, _ALERTS),
            "/#/settings?part=public",
        ),
        help_of(
            "sharing", ("화면 공유와 대시보드", "Sharing and dashboards"),
            "share|sharing|embed|print|pdf|share link|dashboards?|custom dashboards?|widgets?|customi[sz]e|grafana|공유|공유 링크|링크를 보내|인쇄|대시보드|위젯|커스텀|커스터마이즈|그라파나|차트를 추가|그래프를 추가",
            (
                ("보고 있는 화면의 주소를 그대로 보내면 됩니다. 서버, 기간, 알림이 주소에 담깁니다. 받는 사람은 로그인해야 합니다.", "Send the address of what you see: it holds the server, the range and the alert. Whoever opens it has to sign in."),
                ("로그인하지 않은 사람에게는 공개 상태 페이지와 배지만 보여 줄 수 있습니다.", "Strangers can be shown the public status page and its badges only."),
                ("대시보드를 직접 꾸미거나 위젯을 넣는 기능은 없습니다. 서버 화면에 모든 지표의 차트가 있습니다.", "There are no dashboards or widgets to build; a server's page has charts of all its metrics."),
            ),
            (("공개 상태 페이지는 어떻게 만들어?", "How do I make a public status page?"), ("최근 24시간 CPU 추이", "CPU over the last 24 hours"), _FLEET),
            "/#/",
        ),
        *ADMIN,
    ),
    mask="텔레그램 봇 토큰|앱 서버|앱서버",
    particular=("mcp",),
)  # fmt: skip


def topics() -> tuple[str, ...]:
    return _SHELF.keys()


def product_help(text: str) -> Help:
    """The answer a question about the product asks for; what can be asked where it names nothing else."""
    return _SHELF.by_words(text)


# Words that are this product's own even in a sentence that holds nothing else of it; "share" or "print" are not.
_OWN = re.compile(r"알림|푸시|상태 페이지|역할|감사 기록|(?<![a-z])(?:notif|alerts?|push|status page|roles?|audit)")


def is_named(folded: str) -> bool:
    """Whether a folded text surely speaks of something that there is an answer about."""
    return bool(_OWN.search(folded)) and _SHELF.knows(folded)


def topic(key: str) -> Help:
    return _SHELF.by_key(key)

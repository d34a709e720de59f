"""Answers for those who look after the product: people, keys, data, costs, export, upkeep."""

from __future__ import annotations

from lib.mcp.knowledge.help import help_of

_FLEET = ("전체 서버 상태 요약해줘", "How is the whole fleet?")
_ALERTS = ("지금 열린 알림 보여줘", "Show the open alerts")
_LIST = ("서버 목록 보여줘", "List the servers")

ADMIN = (
    help_of(
        "users", ("사용자 추가", "Adding users"),
        "users?|add a user|add users|add people|invite|teammates?|team members?|accounts?|sign ?up|colleagues?|사용자|유저|팀원|동료|초대|계정|회원 가입|사용자 추가",
        (
            ("관리자가 설정의 '사용자'에서 '새 사용자'를 누르고 이메일, 역할, 볼 수 있는 태그를 정합니다.", "An admin chooses **New user** under **Settings, Users**, with an e-mail address, a role and the tags they may see."),
            ("비밀번호는 정하거나 만들어 주며 한 번만 보입니다. 안전한 방법으로 전달하면 본인이 바꿀 수 있습니다. 초대 메일은 보내지 않습니다.", "A password is given or made, and shown once; hand it over safely, and they can change it. No invitation is mailed."),
            ("떠난 사람은 '사용 중지'합니다. 60초 안에 들어올 수 없게 되며, 그 사람이 만든 키는 계속 쓰입니다.", "Disable whoever leaves: they are out within 60 seconds. Keys they made go on."),
        ),
        (("역할에는 무엇이 있어?", "Which roles are there?"), ("비밀번호는 어떻게 바꿔?", "How do I change my password?"), _FLEET),
        "/#/settings?part=users",
    ),
    help_of(
        "roles", ("역할과 권한", "Roles"),
        "roles?|permissions?|access control|viewer|operator|admin|administrator|rights|who can|tag access|역할|권한|뷰어|보기 전용|운영자|관리자|접근 권한|누가 할 수|볼 수 있는 서버",
        (
            ("세 가지입니다: 보기 전용은 보기만, 운영자는 알림 처리, 알림 끄기, 규칙, 작업, 서버 설정까지, 관리자는 사용자, 키, 채널, 공개 페이지, 서버 추가와 삭제까지 합니다.", "Three: viewers look; operators also handle alerts, silences, rules, jobs and servers' settings; admins also users, keys, channels, the public page, and adding and removing servers."),
            ("보기 전용과 운영자는 태그(`team:payment`)로 볼 수 있는 서버를 제한할 수 있습니다. 제한 밖의 서버는 없는 것처럼 보입니다.", "Viewers and operators may be held to tags (`team:payment`): servers beyond them are as if they did not exist."),
            ("바꾼 역할은 60초 안에 적용됩니다.", "A changed role acts within 60 seconds."),
        ),
        (("사용자는 어떻게 추가해?", "How do I add a user?"), _LIST, _FLEET),
        "/#/settings?part=users",
    ),
    help_of(
        "password", ("비밀번호와 로그인", "Passwords and signing in"),
        "passwords?|change my password|forgot|reset password|log ?in|sign ?in|log ?out|sign ?out|session|sessions|two factor|2fa|mfa|sso|saml|supabase auth|비밀번호|패스워드|암호|로그인|로그아웃|세션|이중 인증|2단계 인증|싱글 사인온",
        (
            ("설정의 '키와 화면' 아래 '내 계정'에서 바꿉니다(10자 이상). 바꾸면 다른 기기는 모두 로그아웃됩니다.", "Under **Settings, Keys and page**, in your account (10 characters or more). Your other devices are signed out."),
            ("잊었다면 다른 관리자가 '사용자'에서 새로 만들어 줍니다. 메일로 재설정하는 기능은 없습니다.", "If you forgot it, an admin gives you a new one under **Users**. There is no reset by mail."),
            ("2단계 인증은 없습니다. `OPENMANAGER_SUPABASE_AUTH=1`이면 Supabase 로그인의 토큰도 받습니다.", "There is no second factor. With `OPENMANAGER_SUPABASE_AUTH=1` tokens of Supabase Auth are accepted, too."),
            ("틀린 시도는 점점 늦춰지지만 계정이 잠기지는 않습니다.", "Failed attempts are slowed down; nobody is locked out."),
        ),
        (("사용자는 어떻게 추가해?", "How do I add a user?"), ("역할에는 무엇이 있어?", "Which roles are there?"), _FLEET),
        "/#/settings",
    ),
    help_of(
        "keys", ("키(API 키)", "Keys (API keys)"),
        "api keys?|access keys?|api tokens?|rest api|use the api|api documentation|api docs|openapi|swagger|curl|scopes?|키 만들|api 키|api 문서|api 사용|에이피아이 키|토큰 발급|스크립트로|연동 api|api",
        (
            ("관리자가 설정의 '키와 화면'에서 만듭니다. 비밀값은 한 번만 보입니다.", "An admin makes them under **Settings, Keys and page**. The secret is shown once."),
            ("권한: `write`는 보고, `read`는 읽기, `act`는 알림 처리와 규칙까지입니다. 서버, 태그, 네트워크, 만료일로 제한할 수 있습니다.", "Scopes: `write` reports, `read` reads, `act` also handles alerts and rules. A key may be held to a server, tags, networks and a date."),
            ("`Authorization: Bearer omv_live_...` 헤더로 씁니다. API는 docs/openapi.yaml에 있습니다.", "Send it as `Authorization: Bearer omv_live_...`. The API is described in docs/openapi.yaml."),
            ("'교체'는 이전 값을 최대 7일까지 함께 쓰게 하고, '폐기'는 60초 안에 끝냅니다.", "**Rotate** lets the old secret live up to 7 days more, **Revoke** ends it within 60 seconds."),
        ),
        (("MCP 연결은 어떻게 해?", "How do I connect by MCP?"), ("에이전트 설치 방법 알려줘", "How do I install the agent?"), _FLEET),
        "/#/settings",
    ),
    help_of(
        "data", ("데이터를 두는 곳과 보안", "Where data is kept, and how safely"),
        "data policy|sent to openai|data sent|where is my data|where is the data|data stored|store data|stored where|privacy|personal data|gdpr|security|secure|encrypt|encryption|encrypted|telemetry|third parties|leave the hub|send my data|send our data|upload my data|upload our data|share my data|where are the metrics|where are my metrics|where are the logs|where are my logs|data outside|데이터는 어디|데이터 어디|데이터를 어디|데이터가 외부|데이터를 외부|대화는 어디|데이터 정책|어디에 저장|어디 저장|어디에 보관|개인정보|개인 정보|보안|암호화|안전해|안전한가|외부로|외부에 보내|유출|텔레메트리",
        (
            ("모두 여러분의 저장소에 있습니다: 기록은 Postgres(Supabase나 직접 둔 것), 지나가는 값은 Redis에 몇 분 동안만 둡니다.", "In stores of your own: history in Postgres (Supabase or one you run), and in Redis for minutes only what is passing through."),
            ("허브는 여러분이 정한 채널, 감시 주소, 언어 모델 말고는 밖으로 보내지 않으며, 사용 통계도 보내지 않습니다. 셋 다 처음에는 없습니다.", "The hub sends nothing elsewhere but to the channels, watch addresses and language model you set, of which there are none at first; and no usage statistics."),
            ("비밀번호와 키는 되돌릴 수 없는 해시로, 채널의 비밀값은 `OPENMANAGER_ENCRYPTION_KEYS`로 암호화해 둡니다. Redis에는 비밀값을 두지 않습니다.", "Passwords and keys are kept as hashes, channels' secrets encrypted with `OPENMANAGER_ENCRYPTION_KEYS`. No secret goes to Redis."),
            ("오가는 통신은 주소가 https와 rediss일 때 TLS입니다. 디스크 암호화는 저장소 제공자에 따릅니다(docs/operations.md).", "Traffic is TLS where the addresses say https and rediss; encryption at rest is the stores' own (docs/operations.md)."),
        ),
        (("데이터는 얼마나 보관해?", "How long is data kept?"), ("감사 기록은 어디서 봐?", "Where is the audit log?"), _FLEET),
    ),
    help_of(
        "retention", ("보관 기간", "How long data is kept"),
        "retention|how long is data|데이터 보관|데이터 보존|로그 보관|로그 저장|지표 보관|저장 정책|저장 주기|보관 정책|보관 주기|얼마나 저장|how long do you keep|data kept|keep data|logs kept|metrics kept|metrics stored|how long do you store|how long are logs|how long are metrics|retention period|data retention|history length|how far back|보관 기간|보존 기간|얼마나 보관|며칠 보관|언제까지 보관|얼마나 오래|과거 데이터|기록은 얼마나",
        (
            ("기본은 모든 샘플 14일, 5분 값 90일, 1시간 값과 이벤트 400일, 오류 30일, 프로세스 목록 24시간입니다.", "By default every sample for 14 days, five-minute values for 90, hourly values and events for 400, errors for 30, lists of processes for 24 hours."),
            ("`OPENMANAGER_RETENTION_RAW_DAYS` 같은 환경 변수로 바꿉니다(docs/deploy.md).", "Set by `OPENMANAGER_RETENTION_RAW_DAYS` and the like (docs/deploy.md)."),
            ("데이터베이스가 한도의 80%를 넘으면 모든 샘플은 8일만 보관합니다.", "Above 80 % of the database's quota every sample is kept for 8 days only."),
        ),
        (("최근 30일 CPU 추이", "CPU over the last 30 days"), ("데이터는 어디에 저장돼?", "Where is my data stored?"), _FLEET),
    ),
    help_of(
        "costs", ("비용", "Costs"),
        "costs?|price|pricing|free|paid|plan|plans|billing|license|licence|how much does|how many servers|limits? of the free|비용|가격|요금|무료|유료|얼마야|라이선스|라이센스|몇 대까지|돈",
        (
            ("OpenManager 자체는 MIT 라이선스로 무료입니다. 비용은 실행하는 곳(Vercel, Upstash, Supabase 또는 여러분의 서버)에서 생깁니다.", "OpenManager itself is free (MIT licence). What costs is where it runs: Vercel, Upstash and Supabase, or machines of your own."),
            ("무료 요금제로는 1분마다 보고하는 서버 9대까지 됩니다. 더 많으면 허브가 보고 간격을 늘립니다(샘플은 10초 그대로).", "The free plans carry nine servers that post once a minute; with more the hub tells agents to post less often, while samples stay ten seconds apart."),
            ("Supabase 무료 500MB에는 기본 보관 기간으로 약 16대가 들어갑니다. Vercel Hobby는 비상업용입니다.", "Supabase's free 500 MB hold about 16 servers with the default retention. Vercel Hobby is for non-commercial use."),
            ("2026년 가을 기준 유료는 Upstash 월 10달러, Supabase 월 25달러, Vercel Pro 사용자당 월 20달러부터입니다(docs/deploy.md).", "Paid plans, as of autumn 2026, begin at 10 USD a month for Upstash, 25 for Supabase, and 20 a user for Vercel Pro (docs/deploy.md)."),
        ),
        (("데이터는 얼마나 보관해?", "How long is data kept?"), _LIST, _FLEET),
    ),
    help_of(
        "export", ("내보내기와 백업", "Export and backup"),
        "export|exports|download|csv|json|excel|spreadsheet|backup the hub|back ?up|backups?|restore|migrate away|내보내|내보내기|다운로드|다운받|엑셀|백업|복원|복구 방법|옮기",
        (
            ("데이터는 API에서 JSON으로 받습니다: `GET /api/servers/이름/series`는 지표, `GET /api/alerts`는 알림, `GET /api/errors`는 오류입니다. CSV나 엑셀 내보내기는 없습니다.", "Data comes as JSON from the API: `GET /api/servers/NAME/series` for metrics, `GET /api/alerts`, `GET /api/errors`. There is no export to CSV or Excel."),
            ("규칙은 `GET /api/rules/export`로 내보내고 `POST /api/rules/import`로 가져옵니다(미리 보기 가능).", "Rules: `GET /api/rules/export`, and `POST /api/rules/import` with a dry run."),
            ("전체 백업은 Postgres 백업입니다: `pg_dump \"$DATABASE_URL\" --format=custom --schema=omv --file=openmanager.dump`. Redis는 백업할 필요가 없습니다.", "A backup of everything is one of Postgres: `pg_dump \"$DATABASE_URL\" --format=custom --schema=omv --file=openmanager.dump`. Redis needs none."),
            ("복원 순서는 docs/operations.md에 있습니다.", "docs/operations.md has the steps to restore."),
        ),
        (("API 키는 어떻게 만들어?", "How do I make an API key?"), ("데이터는 어디에 저장돼?", "Where is my data stored?"), _FLEET),
    ),
    help_of(
        "audit", ("감사 기록", "Audit log"),
        "audit|audit log|audit trail|who changed|who did|login history|감사 기록|감사 로그|감사|누가 바꿨|누가 했|변경 이력|로그인 기록|접속 기록",
        (
            ("관리자가 설정의 '감사 기록'에서 봅니다: 로그인과 실패, 계정, 키, 서버, 규칙, 알림 처리의 변경을 누가 언제 어디서 했는지 남습니다.", "Admins read it under **Settings, Audit log**: sign-ins and failures, and every change of accounts, keys, servers, rules and alerts, with who, when and from where."),
            ("고치거나 지울 수 없고, 각 줄이 앞 줄의 해시를 이어받아 손대면 드러납니다.", "Entries cannot be changed or removed; each covers the one before it by a hash, so tampering shows."),
            ("비밀값은 기록하지 않습니다.", "It never holds a secret."),
        ),
        (("오늘 뭐가 바뀌었어?", "What changed today?"), ("역할에는 무엇이 있어?", "Which roles are there?"), _FLEET),
        "/#/settings?part=audit",
    ),
    help_of(
        "addresses", ("접속 주소 제한", "Address lists"),
        "ip allow ?list|allow ?list|whitelist|ip restrictions?|restrict access|addresses|block an ip|접속 주소|아이피 제한|ip 제한|허용 목록|화이트리스트|접속 제한|아이피 차단|ip 차단",
        (
            ("사람, 키, 스케줄러가 접속할 수 있는 네트워크를 환경 변수로 정합니다: `OPENMANAGER_ALLOW_USERS`, `OPENMANAGER_ALLOW_KEYS`, `OPENMANAGER_ALLOW_CRON`, 그리고 막을 곳은 `OPENMANAGER_DENY`.", "Networks that people, keys and the clock may come from are set in the environment: `OPENMANAGER_ALLOW_USERS`, `OPENMANAGER_ALLOW_KEYS`, `OPENMANAGER_ALLOW_CRON`; those never answered in `OPENMANAGER_DENY`."),
            ("지금 값은 관리자가 설정의 '접속 주소'에서 확인합니다. 키는 하나씩 따로 네트워크에 묶을 수도 있습니다.", "Admins see what holds now under **Settings, Addresses**. A key can be bound to networks by itself, too."),
        ),
        (("API 키는 어떻게 만들어?", "How do I make an API key?"), ("감사 기록은 어디서 봐?", "Where is the audit log?"), _FLEET),
        "/#/settings?part=addresses",
    ),
    help_of(
        "servers", ("서버 정리: 그룹, 태그, 삭제", "Servers: groups, tags, removing"),
        "delete a server|remove a server|remove server|forget a server|rename a server|group servers|tag servers|change tags|tags|groups|서버 삭제|서버를 삭제|서버 지우|서버를 지우|서버 이름 변경|그룹 지정|그룹을 바꾸|태그 지정|태그를 바꾸|태그 붙|그룹|태그",
        (
            ("그룹과 태그는 에이전트의 `--group`, `--tag`로 정하거나, 운영자가 `PATCH /api/servers/이름`으로 바꿉니다.", "Groups and tags come from the agent's `--group` and `--tag`, or from `PATCH /api/servers/NAME` (operators)."),
            ("삭제는 관리자가 `DELETE /api/servers/이름`으로 합니다. 기록까지 모두 지워지며, 에이전트가 계속 보내면 다시 나타나므로 먼저 제거합니다.", "An admin removes one by `DELETE /api/servers/NAME`, with all of its history. It comes back with its next post, so remove its agent first."),
            ("이름은 에이전트의 `--name`입니다. 바꾸면 새 서버로 나타납니다.", "The name is the agent's `--name`; with another name it appears as another server."),
            ("게이트웨이 뒤의 서버는 서버 화면에서 '상위 서버'를 정하면 함께 끊겼을 때 한 번만 알립니다.", "For servers behind a gateway set what they stand behind on their page: when it falls silent, one message is sent."),
        ),
        (("에이전트 제거 방법", "How do I remove the agent?"), _LIST, _FLEET),
        "/#/servers",
    ),
    help_of(
        "hub", ("허브 자체의 상태", "How the hub itself does"),
        "hub health|health check|monitor the monitor|status of openmanager|upgrade the hub|update openmanager|version of openmanager|deploy openmanager|self host|selfhost|허브 상태|모니터 자체|모니터링 상태|허브 업데이트|허브 업그레이드|오픈매니저 업데이트|오픈매니저 설치|배포 방법|자체 호스팅|직접 호스팅",
        (
            ("`GET /api/health`가 허브의 상태와 이유를 말합니다. 밖에서 몇 분마다 물어보거나 `OPENMANAGER_DEADMAN_URL`을 정해 두면 허브가 멈춘 것도 알 수 있습니다.", "`GET /api/health` says how the hub does, and why. Let something outside ask it, or set `OPENMANAGER_DEADMAN_URL`, to learn that the hub itself has stopped."),
            ("직접 실행하려면 `make dev`(Linux, macOS), 배포는 Vercel, Upstash, Supabase로 합니다(docs/deploy.md).", "Run it yourself with `make dev` (Linux, macOS), or deploy it to Vercel, Upstash and Supabase (docs/deploy.md)."),
            ("업데이트는 데이터베이스 마이그레이션을 먼저, 코드를 나중에 적용합니다.", "To upgrade, apply the migrations first and then the code."),
        ),
        (_ALERTS, ("MCP 연결은 어떻게 해?", "How do I connect by MCP?"), _FLEET),
    ),
    help_of(
        "sensitivity", ("이상 징후의 감도", "How quick anomalies are called"),
        "sensitivity|sensitive|false positives?|too many anomalies|anomaly settings|민감도|감도|오탐|이상 징후가 너무|이상 징후 설정|이상 탐지 설정",
        (
            ("서버나 지표마다 감도를 낮음, 보통, 높음, 끔으로 정합니다: `PATCH /api/servers/이름`에 `{\"sensitivity\": {\"cpu\": \"low\"}}`.", "Each server, metric or series has a sensitivity (low, normal, high, off): `PATCH /api/servers/NAME` with `{\"sensitivity\": {\"cpu\": \"low\"}}`."),
            ("예상된 일이었다면 차트 아래에서 '평소와 같음'을 누릅니다. 다음부터 그 시각에는 평소로 봅니다.", "For what was to be expected press **This is usual** beneath the chart; it then counts as usual at that hour."),
            ("이상 징후는 정보일 뿐 알림을 보내지 않습니다. 알리려면 anomaly 종류의 규칙을 만듭니다.", "Anomalies are information and tell nobody, unless a rule of the kind anomaly does."),
        ),
        (("이상 징후 있어?", "Any anomalies?"), ("이상 점수가 뭐야?", "What is an anomaly score?"), _FLEET),
    ),
)  # fmt: skip

"""The words questions turn on: each cue is one thing a sentence may do (ask why, mute, rank, look ahead), in both languages.

Cues say nothing by themselves; the classifier weighs them together with what was read of servers, metrics and times.
"""

from __future__ import annotations

from lib.mcp.core.patterns import Lexicon, Match

_WORDS: dict[str, str] = {
    "why": "왜|이유|원인|까닭|어째서|때문에|땜에|범인|주범|원흉|why|how come|root cause|rca|cause|caused|causing|causes|reason|reasons|culprit|to blame|근본 원인|무슨 일|뭔 일|뭔일|what happened|went wrong|investigate|diagnose|진단|원인 분석|조사|what's wrong|whats wrong|what is wrong|blew up|explain this alert|about that",
    "howto": "해결|해결법|해결책|대처|조치|대응|고치|고쳐|트러블슈팅|방법|법 알려|하는 법|는 법|how to|how do i|how can i|how should i|how do we|how would i|fix|fixing|resolve|troubleshoot|troubleshooting|runbook|playbook|remedy|mitigate|steps|어떻게 해야|어떡해|어떡하|어쩌지|뭐부터|뭘 봐야|뭘 해야|뭘 손|what should i do|what do i do|what to do|deal with|get rid of|reduce|낮추는|줄이는|절차|가이드|매뉴얼|guide|procedure|최적화|튜닝",
    "whatis": "뭐야|뭔가요|무엇|뭐예요|뭐죠|뭐임|뭐지|뭔데|무슨 뜻|무슨 의미|뜻|의미|정의|개념|이란|라는 게|라는 건|what is|what's|whats|what are|what does|mean|means|meaning|definition|define|explain|stand for|설명",
    "difference": "차이|차이점|다른 점|뭐가 달라|difference|differ|different from",
    "log": "로그|로그들|logs?|log lines?|syslog|journal|grep|tail|스택트레이스|stack trace",
    "alert": "알림|알람|경보|얼럿|알럿|얼러트|인시던트|장애|노티|alerts?|alarms?|incidents?|pages?|paging|notifications?|alerting|firing",
    "ack": "확인 처리|확인처리|ack|acked|acknowledge|acknowledged|인지 처리|인지했|접수|애크|확인했으니|확인했어|확인했음|봤으니|봤음|내가 볼게|읽음|mark as|확인했다|봤다고|인지했다|맡음|맡을게|확인함|내가 봄|제가 봄|i'm on it|i'll take|확인 완료|인지 완료|확인 표시",
    "mute": "꺼줘|꺼 줘|꺼주|꺼놔|꺼둬|끄자|끄기|끄고|꺼|음소거|뮤트|무음|스누즈|조용히|잠재워|울리지|보내지 마|그만 보내|안 오게|안 울리|mute|silence|snooze|suppress|shush|hush|quiet|turn off|switch off|stop alerting|stop paging|don't page|don't alert|no alerts|no pages|no more|shut up|pause|미뤄|안 받을|bother|disturb|don't wake|방해 금지",
    "maintenance": "점검|유지보수|메인터넌스|작업 중|패치 작업|maintenance|downtime window|patching|upgrading",
    "notify": "슬랙 쏴|슬랙으로|쏴줘|쏴 줘|문자 보내|메일 보내|메일 줘|slack me|shout|give me a shout|알려줘|알려주|알림 줘|알림 보내|알람 줘|말해줘|통보|연락|경고해|노티|깨워|콜해|alert me|notify me|notify us|page me|tell me|let me know|warn me|ping me|email me|alert us|wake me|call me|text me|raise|be notified|be alerted",
    "if_over": "넘으면|넘어가면|초과하면|초과 시|넘기면|찍으면|이상이면|이상 되면|도달하면|미만이면|이하면|떨어지면|내려가면|올라가면|지속되면|유지되면|되면|뚫으면|넘을 때|넘는 순간|when|if|once|whenever|as soon as",
    "threshold": "임계값|임계치|임계|기준값|기준치|기준|한계치|쓰레숄드|쓰레스홀드|threshold|thresholds|limit|alert level|규칙|룰|rule|rules",
    "set": "설정|변경|바꿔|조정|올려|내려|낮춰|높여|수정|잡아|세팅|걸어|만들어|추가|등록|set|change|adjust|raise|lower|increase|decrease|configure|create|add|make|bump|update",
    "process": "뭐가 쓰고|누가 쓰고|누가 씀|프로세스|프로그램|데몬|서비스|좀비|pid|process|processes|daemon|service|services|zombie|ps aux",
    "port": "포트|ports?|listening|listen|리스닝|리슨|점유|물고|netstat",
    "forecast": "언제 차|언제 꽉|언제쯤|예측|전망|예상|바닥|고갈|소진|앞으로|이대로|추세라면|추세면|버틸|버티|남았|포화|증설|forecast|predict|prediction|project|projection|estimate|outlook|run out|runs out|running out|fill up|fills up|will|going to|until full|by when|capacity planning|at this rate|at this pace|how long until|how long before|eta|꽉 차|다 차|터질|언제까지|한계",
    "when": "언제|몇 시|when|what time",
    "chart": "추이|그래프|차트|흐름|트렌드|추세|이력|히스토리|변화|동향|그려|chart|graph|plot|trend|history|over time|timeline|time series|draw|변동",
    "compare": "비교|대비|견줘|나란히|차이|보다|vs|versus|compare|compared|comparison|against|than|side by side|difference between|둘 중|중 누가|더",
    "rank": "상위|하위|톱|탑|순위|랭킹|순으로|정렬|제일|가장|젤|많이 쓰|많이 먹|top|highest|lowest|most|least|busiest|slowest|hottest|fullest|idlest|rank|ranking|sort|sorted|worst|biggest|largest|heaviest|1등|1위|일등|꼴찌|best",
    "count": "몇 대|몇대|몇 개|몇개|몇 건|몇건|개수|대수|how many|count|number of",
    "list": "목록|리스트|명단|인벤토리|나열|뭐뭐|어떤 서버|list|inventory|enumerate|names of|which servers|what servers",
    "status": "상태|상황|컨디션|현황|살아|죽었|괜찮|멀쩡|정상|어때|healthy|health|status|alive|up|down|ok|okay|doing|헬스|체크|헬스체크|이상 없|문제",
    "whole": "전체|전반|모든|모두|전부|다들|싹|한눈|종합|overall|everything|all|entire|whole|overview|summary|summarize|summarise|요약|브리핑|briefing|fleet|infrastructure|인프라|시스템|별일|우리 서버",
    "anomaly": "이상 탐지|이상탐지|이상 징후|이상징후|이상치|이상 감지|특이|튀는|튄|비정상|수상|아웃라이어|평소와|평소랑|평소보다|평소|스파이크|anomaly|anomalies|outliers?|unusual|abnormal|weird|odd|strange|spikes?|irregular|out of the ordinary|stands out|어노말리",
    "change": "바뀌|바뀐|변경|달라|변했|변한|배포|릴리즈|changed?|changes|deploys?|deployed|deployments?|releases?|what else",
    "together": "상관|연관|관련|같이|함께|동시에|연동|correlat|correlate|correlated|correlation|move together|related|relationship|together|따라",
    "uptime": "가동률|가동율|가동 시간|가동시간|가용률|가용성|업타임|다운타임|재부팅|리부팅|부팅|며칠째|안 꺼지고|uptime|availability|sla|downtime|last reboot|rebooted|been up|been running|99.9|에스엘에이|무중단",
    "report": "보고서|리포트|레포트|보고 자료|보고자료|경위서|포스트모템|report|postmortem|post-mortem|write up|write-up",
    "agent": "에이전트|에이젼트|수집기|agent|agents|collector",
    "install": "설치|깔아|깔기|깔고|제거|삭제|업데이트|업그레이드|온보딩|연결하|서버 추가|서버 등록|추가하려면|추가하는|등록하는|install|installation|uninstall|update|upgrade|onboard|add a server|add a host|register|set up|setup",
    "help": "도움말|사용법|물어볼|할 수 있|뭘 할|뭐 할|기능|헬프|help|what can you|what can i|usage|examples?|how does this|who are you|capabilities|넌 누구|너는 누구|예시|예제",
    "settings": "슬랙|이메일|텔레그램|디스코드|웹훅|채널|연동|비밀번호|다크 모드|다크모드|언어|시간대|mcp|클로드|claude|cursor|slack|email|webhook|telegram|discord|dark mode|password|language|보관|보존|retention|privacy|저장되|settings?|설정 화면",
    "greet": "안녕|하이|ㅎㅇ|헬로|반가|반갑|굿모닝|고마워|고맙|감사|땡큐|ㄱㅅ|ㄳ|수고|ㅅㄱ|잘가|바이|ㅂㅂ|넵|ㅇㅋ|ㅇㅇ|오케이|오키|hello|hi|hey|thanks|thank you|thx|bye|goodbye|good morning|good night|cheers|ㅋㅋ|ㅎㅎ|똑똑|최고야|짱|잘했어|awesome|good job|well done",
    "command": "재부팅|재시작|리부팅|리부트|리스타트|리붓|셧다운|종료|중지|죽여|죽이|킬|살려|다시 띄워|다시 올려|내려줘|띄워줘|껐다|켜줘|실행|롤백|되돌려|원복|배포해|늘려|줄여|스케일|지워|삭제|비워|날려|포맷|플러시|접속해|열어줘|닫아줘|차단|승격|페일오버|reboot|restart|shut down|shutdown|power off|kill|terminate|stop|start|scale|rollback|roll back|revert|deploy|delete|remove|purge|wipe|drop|flush|run|execute|ssh into|failover|promote|drain|reset|bounce|relaunch",
    "secret": "비밀번호|패스워드|암호|비번|시크릿|토큰|개인키|api 키|api key|프롬프트|크리덴셜|password|passwords|secrets?|credentials?|private key|token|system prompt|/etc/passwd|/etc/shadow",  # nosec B105 # words for secrets, none of them is one
    "pronoun": "그거|그것|저거|이거|걔|거기|그 서버|저 서버|그놈|아까 그|방금 그|그때|it|that one|this one|the other|those|them|same",
    "now": "지금|현재|방금|이 시각|now|right now|currently|at the moment",
    "question_value": "얼마|몇|얼마나|어느 정도|몇퍼|몇프로|how much|how high|how many|what's the|value|current",
    "left": "남은|남았|여유|잔여|가용|비었|free|left|available|remaining|headroom|spare",
    "high": "높은|높아|많은|많이|심한|큰|느린|빡센|high|higher|slow|slower|heavy",
    "show": "보여|알려|줘|확인|조회|show|give|list|get|display|tell",
    "server_word": "서버|서버들|장비|호스트|노드|머신|인스턴스|섭|server|servers|hosts?|nodes?|machines?|box|boxes|instances?",
    "filter": "넘는|이상|이하|초과|미만|인 서버|만 보여|추려|걸러|골라|필터|over|above|below|under|exceeding|at least|less than|more than|greater than",
    "happened": "있었|났어|발생|일어|happened|occurred|did|was|were|었어|았어|였어|했어",
}  # fmt: skip
_MASK = "download|upload|다운로드|로그인|로그아웃|login|log in|logout|블로그|카탈로그|프로그램 추천|대로 가면|알려면|blog|catalog|기억|대비책|show up"
CUES: Lexicon[str] = Lexicon(_WORDS, mask=_MASK)
NAMES: tuple[str, ...] = tuple(_WORDS)


def find(text: str) -> list[Match[str]]:
    """The cues of a folded text with their places, left to right."""
    return CUES.find(text)

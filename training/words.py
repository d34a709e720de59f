"""The words that fill the slots of the phrases, Korean first, English second."""

from __future__ import annotations

Words = tuple[str, str]


def _rows(text: str) -> tuple[str, ...]:
    return tuple(text.split("|"))


# slot -> (Korean, English); a slot whose name ends in "?" is left empty half of the time.
SLOTS: dict[str, Words] = {
    "지금": ("지금|현재|지금 당장|방금|이 시각", "now|currently"),
    "오늘": ("오늘|지금|내일|이번 주", "today|tomorrow"),
    "해줘": ("해줘|해주세요|해 줘|해 줄래|해줄래요|해봐|해라|부탁|부탁해|부탁드립니다|ㄱㄱ|좀|바람|하자|해주삼|해주라|해줄 수 있어|해주실래요|해 주십시오|해줘요||해", "please"),
    "보여줘": ("보여줘|보여주세요|보여 줘|보여줄래|보여주라|보여봐|알려줘|알려주세요|알려줘요|띄워줘|뽑아줘|뽑아봐|줘|주세요|좀|좀 보여줘|좀 보자|ㄱㄱ|확인|확인해줘|조회|조회해줘|볼래|보고 싶어|궁금해|찾아줘|찾아봐|내놔|가져와|불러줘|출력해줘|부탁|부탁해요|부탁드립니다||||", "please||"),
    "알려줘": ("알려줘|알려주세요|알려 줘|알려줄래|알려주라|알려줘요|보여줘|보여주세요|확인해줘|확인|체크해줘|체크|말해줘|좀|좀 알려줘|ㄱㄱ|궁금해|궁금합니다|조회해줘|봐줘|뭐야|부탁|부탁해|부탁드려요|확인 부탁|알려달라|알려주십시오||||", "please||"),
    "show": ("보여줘", "show|show me|give me|get me|list|pull up|display|can you show me|i want to see|let me see|could you pull up|tell me|bring up|i need|fetch|get|print|can i see|see|view|please show me|need|want|gimme|any chance i can see|i'd like to see"),
    "pls": ("||좀|부탁", "||||please|pls|plz|thanks|now|asap|right now|for me"),
    "usage": ("사용률|사용량|", "usage|utilization|utilisation|use|consumption|level|value|load|rate"),
    "사용률": ("사용률|사용량|사용율|점유율|수치|값|사용 현황|이용률", "usage"),
    "M": ("CPU|cpu|씨피유|씨퓨|메모리|램|멤|디스크|디스크 용량|저장공간|스왑|네트워크|트래픽|대역폭|인바운드|인바운드 트래픽|아웃바운드|응답시간|응답 시간|응답속도|레이턴시|지연 시간|에러율|오류율|부하|로드|로드 애버리지|iowait|디스크 IO|디스크 입출력|inode|아이노드|커넥션 수|연결 수|요청 수|rps|온도|GPU|gpu 사용률|5xx 비율|memory|disk|latency|load", "cpu|memory|ram|mem|disk|disk space|storage|swap|network|network traffic|traffic|bandwidth|inbound traffic|outbound traffic|latency|response time|error rate|load|load average|iowait|disk io|disk i/o|inode|connections|requests|request rate|rps|temperature|gpu|5xx rate|network in|io wait"),
    "MC": ("디스크|디스크 용량|용량|메모리|램|저장공간|저장 공간|스토리지|디스크 공간|inode|스왑|하드 용량|disk|memory", "disk|disk space|memory|storage|ram|space|inodes|swap|storage space|free space"),
    "P": ("어제|오늘|그저께|지난주|이번 주|지난달|이번 달|최근 1시간|최근 3시간|최근 24시간|지난 7일|지난 30일|최근 일주일|어젯밤|간밤에|밤새|오늘 새벽|오늘 오전|어제 오후|어제 저녁|지난 주말|최근 30분|최근 10분|3일 전|11월 3일|10월 한 달|월요일|지난 금요일|오늘 아침|어제 새벽 2시부터 4시까지|오늘 9시부터|오후 3시쯤|새벽 4시경|최근 15분|지난 12시간|반나절|보름|요 며칠 말고 최근 3일|방금|아까|이번 분기|올해|일주일치|24시간|3월 2일부터 5일까지|최근 5분|지난 1시간", "yesterday|today|last week|this week|last month|this month|in the last hour|over the last 3 hours|in the past 24 hours|over the past 7 days|for the last 30 days|last night|overnight|this morning|yesterday afternoon|last weekend|the past week|since yesterday|since 9am|between 2am and 4am|on monday|last friday|on november 3|around 3pm|in the last 10 minutes|over the last two days|past 6 hours|last 15 minutes|during the night|from 1pm to 3pm|this quarter|earlier today|just now|over the weekend|in october|for the past fortnight|the last hour|24h"),
    "F": ("내일|다음 주|다음 달|앞으로 7일|앞으로 한 달|앞으로 2주|이번 주말까지|연말까지|월말까지|다음 주까지|내일까지|한 달 뒤|일주일 후|3일 뒤|앞으로 24시간|이번 달 말까지|내년까지|금요일까지|6개월 안에|향후 3개월", "tomorrow|next week|next month|in the next 7 days|over the next month|by friday|by the end of the month|by the end of the year|within two weeks|over the next 24 hours|next quarter|in 3 days|a week from now|until monday|this weekend|by next week|in the coming weeks"),
    "D": ("1시간|2시간|30분|한 시간|두 시간|10분|3시간|하루|이틀|15분|한 시간 반|5분|45분|반나절|20분|6시간|일주일", "30 minutes|1 hour|2 hours|an hour|half an hour|10 minutes|a day|15 min|two hours|3h|45 min"),
    "DE": ("1시간|30분", "for 30 minutes|for 1 hour|for an hour|for 2 hours|for half an hour|until 6pm|until tomorrow morning|till 9am|for the next 3 hours|for the night|during maintenance|until monday|for 45 min|for a day|tonight|this weekend|for 2h"),
    "DE2": ("5분|10분", "5 minutes|10 minutes|more than 5 minutes|15 min|at least 10 minutes|2 minutes|an hour"),
    "UNTIL": ("내일 아침까지|6시까지|오늘 밤까지|내일까지|새벽 3시까지|점검 끝날 때까지|자정까지|오후 5시까지|내일 9시까지|월요일까지|퇴근할 때까지", "until 6pm|until tomorrow"),
    "L": ("80% 이상|90% 이상|85% 초과|80% 넘는|80퍼 넘는|90프로 넘는|90 이상|20% 미만|10% 이하|5 이상|70~90% 사이|70퍼센트 이상|300ms 이상|500ms 넘는|60도 넘는|75 넘는|30% 밑|50% 아래|1초 이상|10기가 미만|95% 찍은|85% 웃도는|10% 안 되는|4 이상|2% 초과|100GB 이하|80% 넘음|15% 미만|60에서 80 사이", "over 80%|above 90%|over 90 percent|at least 80%|below 20%|under 10%|between 60 and 80%|greater than 75%|> 90%|>= 80%|less than 30%|higher than 85|exceeding 95%|more than 70%|above 300ms|over 2 seconds|under 10 GB|above 5|over 60 degrees|<= 20%|at 90% or more|lower than 40%|over 80|above 500|past 85%"),
    "V": ("80%|90%|85|90|95%|75%|80퍼|90프로|85퍼센트|300ms|2초|60도|10%|20%|5|70|88|500|1초|92%|3%|100|15기가|80", "80%|90%|85|90 percent|95%|75|300ms|2 seconds|60 degrees|10%|20%|5|500|70%|80|10 GB|1s|3%|99%|85 percent"),
    "n": ("3|5|10|7|20|4|2|15|12|30|50|100", "3|5|10|7|20|four|two|15|ten|five|three|50|100|8"),
    "en_n": ("두|세", "three|five|two|four|ten|3|5|10|6"),
    "N": ("5대|3대|10대|3개|5개만|세 대|다섯 대|하나만|두 대|한 대|몇 대|하나|네 대|7대|10개", "5|3|10|ten|five"),
    "SEV": ("심각|크리티컬|위험|경고|주의|정보|긴급|critical|warning|치명적인|warn", "critical|warning|info|warn|crit|sev1|critical level"),
    "STATUS": ("정상|경고|위험|심각|오프라인|꺼진|죽은|다운된|먹통인|멀쩡한|주의|stale|offline", "healthy|critical|offline|down|in warning|stale|unhealthy|warning|ok|dead|unreachable|not reporting|degraded"),
    "KW": ("timeout|타임아웃|oom|OOM|502|500|exception|예외|connection refused|login failed|로그인 실패|deadlock|fail|denied|segfault|\"disk full\"|'payment'|NullPointerException|out of memory|panic|404|인증 실패|재시도|refused|killed|ssl|slow query|crash", "timeout|oom|502|500|exception|connection refused|login failed|deadlock|fail|permission denied|segfault|\"disk full\"|'payment'|out of memory|panic|404|refused|killed|ssl|slow query|crash|null pointer|unauthorized|stack traces"),
    "PROC": ("nginx|엔진엑스|mysql|mysqld|postgres|redis|레디스|java|자바|python|파이썬|docker|도커|kafka|카프카|sshd|톰캣|tomcat|아파치|apache|node|mongod|haproxy|cron|셀러리|php-fpm|elasticsearch|컨테이너드", "nginx|mysql|mysqld|postgres|redis|java|python|docker|kafka|sshd|tomcat|apache|mongod|haproxy|cron|celery|php-fpm|elasticsearch|httpd|rabbitmq|jenkins|the web server|node"),
    "PORT": ("80|443|3306|8080|5432|22|6379|9200|3000|8443|9092|27017|53|25", "80|443|3306|8080|5432|22|6379|9200|3000|8443|9092|53"),
    "SYM": ("CPU 사용률이 높을 때|CPU 과부하|cpu 100%|메모리 부족|메모리가 부족할 때|메모리 누수|메모리 릭|OOM|OOM 킬러가 프로세스를 죽일 때|스왑을 많이 쓸 때|스왑 과다 사용|디스크 꽉 참|디스크 가득 찼을 때|디스크 용량 부족|no space left on device|inode 고갈|아이노드 부족|디스크 IO 병목|iowait 높을 때|로드 애버리지가 높을 때|부하가 심할 때|네트워크 지연|네트워크가 느릴 때|패킷 손실|패킷 로스|connection refused|연결 거부 에러|포트 충돌|포트가 이미 사용 중일 때|502 에러|5xx 에러|503 에러|느린 쿼리|슬로우 쿼리|쿼리가 느릴 때|DB 커넥션 고갈|커넥션 풀 부족|too many connections|복제 지연|레플리카 지연|좀비 프로세스|서비스가 안 뜰 때|서비스 다운|nginx가 안 켜질 때|인증서 만료|SSL 인증서 만료|ssh 접속 안 될 때|ssh 접속 실패|서버 시간이 안 맞을 때|시간 동기화 문제|로그 파일이 너무 커질 때|로그 로테이션|DNS 조회 실패|도메인이 안 풀릴 때|파일 디스크립터 부족|too many open files|서버 접속이 안 될 때|핑이 안 나갈 때|에이전트 데이터가 안 들어올 때|응답이 느릴 때|CPU 온도가 높을 때|데드락|타임아웃 에러|메모리 사용률 90%일 때|디스크 90% 넘었을 때|gc가 자주 돌 때", "high cpu|high cpu usage|cpu at 100%|high memory usage|low memory|out of memory errors|a memory leak|the oom killer|heavy swapping|a full disk|disk full|no space left on device|inode exhaustion|running out of inodes|slow disk io|high iowait|high load average|network latency|a slow network|packet loss|connection refused|a port conflict|address already in use|502 bad gateway|5xx errors|503 errors|slow queries|a slow query|too many db connections|an exhausted connection pool|replication lag|zombie processes|a service that won't start|service down|an expired certificate|ssl certificate expiry|ssh login failures|ssh not working|clock drift|time out of sync|huge log files|log rotation|dns resolution failures|dns not working|too many open files|an unreachable server|a host that does not ping|the agent not reporting|slow response times|deadlocks|timeouts|high temperature|memory pressure|disk at 95%|frequent gc pauses"),
    "TERM": ("CPU 사용률|로드 애버리지|load average|iowait|아이오웨이트|스왑|swap|inode|아이노드|p95|p99|p50|퍼센타일|중앙값|처리량|throughput|레이턴시|latency|응답시간|SLA|SLO|가용성|업타임|RPS|TPS|커넥션 풀|컨텍스트 스위치|OOM|OOM 킬러|임계값|하트비트|이상 탐지|스틸 타임|steal time|버퍼 캐시|페이지 캐시|캐시 히트율|인바운드|아웃바운드|MTTR|MTBF|에러 버짓|페이지 폴트|좀비 프로세스|베이스라인|상관계수|에러율|5xx|디스크 IO|IOPS|대역폭|패킷 손실|네트워크 트래픽|메모리 누수|캐시 메모리|가상 메모리|파일 디스크립터|복제 지연|에이전트|인시던트|다운타임|쿠버네티스 노드|GPU 사용률|부하 평균|심각도|롤업|히스테리시스|stale 상태|지터|RTT|MTU|TCP 재전송|cgroup|NUMA|하이퍼스레딩|콜드 스타트|블루그린 배포|카나리 배포|로드 밸런싱|샤딩|페일오버|RAID|SSD|더티 페이지|softirq|ulimit|keepalive|TTL|CDN|DNS|TLS|크론|데몬|커널|하이퍼바이저|가상머신|컨테이너|파드|네임스페이스|서비스 메시|옵저버빌리티|APM|트레이싱|로그 로테이션|보존 기간|시계열|분위수|표준편차|이동평균|계절성|EWMA|오탐|알림 피로|온콜|에스컬레이션|런북|포스트모템|RPO|RTO|고가용성|쿼럼|스플릿 브레인|데드락|가비지 컬렉션|GC|힙 메모리|스레드|프로세스|소켓|포트|꼬리 지연|포화도|RED 지표|골든 시그널|건강 점수|신뢰구간|QPS|유휴 시간|캐싱|레이턴시 p99|로드 1분 평균|시스템 콜|인터럽트|세마포어|핸드셰이크|헬스체크|음소거|확인 처리|임계치", "cpu usage|load average|iowait|swap|an inode|inodes|p95|p99|p50|percentile|the median|throughput|latency|response time|an sla|an slo|availability|uptime|rps|tps|a connection pool|context switches|oom|the oom killer|a threshold|a heartbeat|anomaly detection|steal time|buffer cache|page cache|cache hit rate|inbound traffic|outbound traffic|mttr|mtbf|error budget|a page fault|a zombie process|baseline|correlation coefficient|error rate|5xx|disk io|iops|bandwidth|packet loss|memory leak|virtual memory|a file descriptor|replication lag|the agent|an incident|downtime|gpu utilization|severity|roll-up|hysteresis|stale|z-score|swap usage|nice value|runqueue|jitter|rtt|mtu|tcp retransmits|a cgroup|numa|hyperthreading|a cold start|blue-green deployment|a canary release|load balancing|sharding|failover|raid|dirty pages|softirq|ulimit|keepalive|ttl|a cdn|dns|tls|cron|a daemon|the kernel|a hypervisor|a virtual machine|a container|a pod|a namespace|a service mesh|observability|apm|tracing|log rotation|retention|a time series|a quantile|standard deviation|a moving average|seasonality|ewma|a false positive|alert fatigue|on-call|escalation|a runbook|a postmortem|rpo|rto|high availability|quorum|split brain|a deadlock|garbage collection|heap memory|a thread|a socket|a port|tail latency|saturation|the red method|golden signals|health score|a confidence interval|qps|idle time|caching|a system call|an interrupt|a health check|a silence|cpu steal|throttling|backpressure|a race condition|packet drop"),
    "CITY": ("서울|부산|제주|강남|홍대|도쿄|오사카|파리|뉴욕|대전|인천", "seoul"),
    "CITYE": ("서울", "seoul|paris|london|tokyo|new york|busan|berlin|sydney"),
    "FOOD": ("김치찌개|된장찌개|파스타|라면|떡볶이|불고기|비빔밥|카레|스테이크|샐러드|계란말이|갈비찜|삼겹살|케이크", "pasta"),
    "FOODE": ("파스타", "pasta|pizza|kimchi|chocolate cake|pancakes|fried rice|ramen|steak|sushi|bread|an omelette"),
    "STOCK": ("삼성전자|애플|테슬라|네이버|카카오|하이닉스|엔비디아|비트코인|현대차", "apple"),
    "STOCKE": ("애플", "apple|tesla|nvidia|samsung|google|amazon|bitcoin|microsoft"),
    "COUNTRY": ("미국|일본|프랑스|독일|중국|호주|캐나다|브라질|영국|이집트", "france"),
    "COUNTRYE": ("프랑스", "france|japan|the us|germany|brazil|canada|korea|egypt|italy"),
}  # fmt: skip
TABLE: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    name: (_rows(korean), _rows(english)) for name, (korean, english) in SLOTS.items()
}

# How the groups, systems, places and teams of the fleets are called.
GROUPS: dict[str, Words] = {
    "web": ("웹|웹서버|웹 서버|웹 티어", "web|web server|frontend"), "api": ("API|에이피아이|api 서버", "api|backend"),
    "db": ("DB|디비|데이터베이스|db 서버|디비서버", "db|database"), "cache": ("캐시|캐시 서버|캐쉬", "cache|redis"),
    "mq": ("큐 서버|MQ|메시지 큐", "mq|queue"), "k8s": ("쿠버네티스|쿠버 노드|k8s 노드", "k8s|kubernetes"), "log": ("로그 서버", "log"),
    "lb": ("로드밸런서|LB", "lb|load balancer"), "batch": ("배치 서버|배치", "batch"), "backup": ("백업 서버", "backup"), "bastion": ("배스천|점프 서버", "bastion"),
    "gpu": ("GPU 서버", "gpu"), "ad": ("AD 서버", "ad"), "payment": ("결제 서버", "payment"), "order": ("주문 서버", "order"), "search": ("검색 서버", "search"),
    "monitor": ("모니터링 서버", "monitoring"), "storage": ("스토리지 서버", "storage"), "mail": ("메일 서버", "mail"), "ci": ("빌드 서버", "ci"), "proxy": ("프록시 서버", "proxy"),
}  # fmt: skip
TAGS: dict[str, Words] = {
    "prod": ("운영|프로덕션|상용|운영 환경|prod", "prod|production|live"), "staging": ("스테이징|stg|스테이징 환경", "staging|stg"),
    "seoul": ("서울|서울 리전", "seoul"), "tokyo": ("도쿄|도쿄 리전", "tokyo"), "busan": ("부산", "busan"), "singapore": ("싱가포르", "singapore"),
    "frankfurt": ("프랑크푸르트", "frankfurt"), "virginia": ("버지니아", "virginia"), "pangyo": ("판교", "pangyo"),
    "ubuntu": ("우분투", "ubuntu"), "rocky": ("로키", "rocky linux|rocky"), "debian": ("데비안", "debian"), "windows": ("윈도우|윈도우즈", "windows"), "centos": ("센토스|centos", "centos"), "rhel": ("레드햇", "rhel"),
    "payment": ("결제", "payment"), "data": ("데이터", "data"), "infra": ("인프라", "infra"), "platform": ("플랫폼", "platform"), "security": ("보안", "security"), "search": ("검색", "search"),
    "primary": ("마스터|프라이머리", "primary|master"), "replica": ("레플리카|슬레이브", "replica"),
}  # fmt: skip
PREFIXES: dict[str, Words] = {
    "polite": ("저기|혹시|그럼|야|일단|근데|잠깐|미안한데|안녕|죄송한데|자|아|음|빨리|급한데|저기요|이봐|봇아", "hey|hi|please|ok so|um|so|quick question:|could you|can you|sorry,|and|also|yo|hello,|now|right,|ok|well"),
}  # fmt: skip
SUFFIXES: Words = ("?|??|!|요|요?|...|~|ㅋㅋ|ㅎㅎ|ㅠㅠ|ㅠ|;;|.|!!|급해|빨리|지금|🙏|😅|🔥|^^|좀요|제발|please|plz", "?|??|!|...|.|please|pls|asap|thanks|thx|!!|:)|🙏|🔥|mate|for me|quickly|ty")  # fmt: skip

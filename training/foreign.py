"""Sentences that sound like questions about a fleet and are about something else: the same phrases, filled with the world.

"Why is {server} so slow" becomes "why is my phone so slow": what tells the two apart is the thing, not the phrase.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from random import Random

from training.corpus import SEED, Sentence, careless, lines
from training.fleets import fleets
from training.grammar import parsed, said
from training.words import TABLE

_KOREAN_THINGS = "내 폰|아이폰|노트북|우리집 와이파이|공유기|자동차|전기차|강아지|고양이|아기|남자친구|여자친구|우리 엄마|회사|팀장님|김대리|삼성전자|테슬라|애플|코스피|나스닥|비트코인|이더리움|환율|금값|기름값|집값|전세|월세|물가|날씨|기온|미세먼지|강수량|태풍|서울|부산|제주도|일본|미국|프랑스|중국|지하철|버스|고속도로|비행기|택배|쿠팡|배민|카톡|인스타|유튜브|넷플릭스|틱톡|롤|배그|메이플|손흥민|야구|축구|월드컵|올림픽|대통령|국회|선거|뉴스|영화|드라마|노래|책|소설|웹툰|김치찌개|라면|치킨|피자|커피|맥주|와인|떡볶이|샐러드|다이어트|운동|헬스장|요가|등산|낚시|골프|수영|감기|두통|허리|무릎|피부|탈모|혈압|체중|몸무게|키|나이|월급|연봉|세금|대출|적금|보험|연차|휴가|회식|점심|저녁 메뉴|카페|맛집|호텔|항공권|여권|비자|영어|일본어|토익|수능|시험|숙제|논문|자소서|면접|결혼식|생일|선물|크리스마스|설날|추석|꽃|화분|냉장고|세탁기|에어컨|텔레비전|프린터|모니터|키보드|의자|신발|옷|가방|화장품|매출|재고|마케팅|광고|고객|직원|학생|인구|국가|행성|태양|달|화성|공룡|고래|호랑이|역사|조선시대|철학|수학|물리|화학|미적분|광합성|상대성 이론|양자역학|인플레이션|민주주의|자바|파이썬|리액트|알고리즘|엑셀|포토샵|파워포인트|노션|지라|깃허브"
_ENGLISH_THINGS = "my phone|the iphone|my laptop|my home wifi|my router|my car|the new tesla|my dog|my cat|the baby|my boyfriend|my girlfriend|my mom|my boss|apple stock|tesla shares|bitcoin|ethereum|the dollar|gold|gas prices|house prices|rent|inflation|the weather|the temperature in paris|rainfall|the storm|seoul|london|new york|japan|france|germany|the subway|the bus|traffic on the highway|my flight|my package|amazon|uber|instagram|youtube|netflix|tiktok|minecraft|league of legends|fortnite|messi|the yankees|football|the world cup|the olympics|the president|congress|the election|the news|movies|tv shows|songs|books|novels|pizza|ramen|coffee|beer|wine|pasta|salad|my diet|workouts|the gym|yoga|hiking|golf|swimming|a cold|my headache|my back|my knee|skin care|blood pressure|my weight|my height|my salary|taxes|the mortgage|insurance|vacation days|lunch|dinner|restaurants|hotels|plane tickets|passports|english grammar|french verbs|the sat|the exam|my homework|my thesis|my resume|the interview|the wedding|birthdays|gifts|christmas|flowers|my plants|the fridge|the washing machine|the air conditioner|the tv|my printer|headphones|keyboards|chairs|shoes|clothes|handbags|sales|inventory|marketing|advertising|customers|employees|students|population|countries|planets|the sun|the moon|mars|dinosaurs|whales|tigers|history|the roman empire|philosophy|math|physics|chemistry|calculus|photosynthesis|relativity|quantum mechanics|democracy|java|python syntax|react|algorithms|excel|photoshop|powerpoint|notion|jira|github|iphone and android|cats and dogs|colleges|universities|cities|rivers|mountains|actors|singers|podcasts|video games|recipes|cars|bikes|cameras"
_KOREAN_MEASURES = "가격|주가|시세|인기|맛|칼로리|날씨|기온|점수|성적|순위|환율|판매량|조회수|구독자 수|팔로워|키|몸무게|나이|연봉|인구|면적|높이|길이|거리|수명|속도위반|연비|배터리|화질|평점|별점|후기|줄거리|결말|일정|결과|스코어|시청률|지지율|금리|물가|습도|강수량|미세먼지|체지방|혈압|심박수|영어 실력|집중력|피로도|스트레스|매출|영업이익|고객 만족도"
_ENGLISH_MEASURES = "price|stock price|popularity|taste|calories|weather|score|grade|ranking|exchange rate|sales|views|subscribers|followers|height|weight|age|salary|population|area|depth|distance|lifespan|mileage|battery life|rating|reviews|plot|ending|schedule|results|score|ratings|approval rating|interest rate|humidity|rainfall|body fat|blood pressure|heart rate|focus|stress|revenue|profit|customer satisfaction|market share|box office"
_KOREAN_TROUBLE = "두통|감기|불면증|탈모|허리 통증|배탈|스트레스|층간소음|연인과 싸웠을 때|차 시동이 안 걸릴 때|아이폰 화면이 깨졌을 때|카톡이 안 될 때|와이파이 비밀번호를 잊었을 때|프린터 용지 걸림|세탁기 소음|변기 막힘|곰팡이|층간 누수|여드름|시험 불안|빚|우울할 때|비만|코골이|강아지가 짖을 때|아기가 울 때|엑셀이 안 열릴 때|블루투스 연결 안 될 때|배터리가 빨리 닳을 때|자동차 타이어 펑크"
_ENGLISH_TROUBLE = "a headache|a cold|insomnia|hair loss|back pain|an upset stomach|stress|noisy neighbours|a fight with my girlfriend|a car that won't start|a cracked phone screen|a forgotten wifi password|a paper jam|a noisy washing machine|a clogged toilet|mold|acne|exam anxiety|debt|feeling sad|snoring|a barking dog|a crying baby|excel not opening|bluetooth not pairing|a draining phone battery|a flat tire|dry skin|a broken heart|writer's block"

_THINGS = (_KOREAN_THINGS.split("|"), _ENGLISH_THINGS.split("|"))
_MEASURES = (_KOREAN_MEASURES.split("|"), _ENGLISH_MEASURES.split("|"))
_TROUBLE = (_KOREAN_TROUBLE.split("|"), _ENGLISH_TROUBLE.split("|"))
_FROM = frozenset({"metric_current", "metric_history", "top_n", "compare_servers", "compare_periods", "root_cause", "forecast", "server_status", "anomaly_list", "change_correlation", "report", "troubleshoot", "concept_explain", "server_list", "threshold_set"})  # fmt: skip
# A line that says itself what it is about stays a question about a fleet, whatever fills it.
_DOMAIN = re.compile(
    r"서버|장비|노드|호스트|박스|머신|알림|알람|경보|얼럿|장애|로그|프로세스|포트|재부팅|부팅|배포|재시작|리포트 말고|인프라|시스템|응답|사이트|서비스|부하|로드|온도|뜨거|용량|캐파|디스크|메모리|트래픽|임계|기준값|지표|메트릭|리스닝|가동|다운|cpu|CPU"
    r"|server|host|node|box|machine|instance|alert|alarm|incident|log|process|port|reboot|deploy|config|fleet|infra|system|service|disk|memory|ram|cpu|load|latency|traffic|connection|request|bandwidth|threshold|uptime|metric|series|capacity|outage|spike|consumer|headroom|heat|temperature|pdf|postmortem",
)
_WORLD = re.compile(r"\{(TGT|SRV|GRP|GRPS|TAG|TAGGED|OSNAME|REGION|TEAM|M|MC|SYM|TERM)[23]?[!?]?\}")
WAYS = 12
_WORLDLY = "{TGT}{SRV}{GRP}{GRPS}{TAG}{TAGGED}{OSNAME}{REGION}{TEAM}{TERM}{UNK}"


class _Stranger:
    """Fills slots with the world; `used` once something of it was said."""

    def __init__(self, korean: bool) -> None:
        self.place, self.used = (0 if korean else 1), False

    def fill(self, slot: str, chance: Random) -> str:
        name = slot.rstrip("?!").rstrip("23")
        if name in ("M", "MC"):
            return chance.choice((_MEASURES if chance.random() < 0.8 else _THINGS)[self.place])
        world = _TROUBLE if name == "SYM" else _THINGS if f"{{{name}}}" in _WORLDLY else None
        if world:
            self.used = True
            return chance.choice(world[self.place])
        if slot.endswith("?") and chance.random() < 0.45:
            return ""
        return chance.choice(TABLE[name][self.place])


def foreign() -> Iterator[Sentence]:
    """Sentences about the world, labelled as unrelated; the same for the same phrases."""
    rng = Random(SEED + 3)  # noqa: S311 - chance makes sentences here, no secrets
    fleet = fleets(rng)[0]
    seen: set[str] = set()
    for number, (label, line) in enumerate(lines()):
        literal = re.sub(r"\{[^}]*\}", "", line)
        if label not in _FROM or not _WORLD.search(line) or _DOMAIN.search(literal):
            continue
        korean = bool(re.search(r"[가-힣]", literal))
        nodes = parsed(line)
        for _ in range(WAYS):
            stranger = _Stranger(korean)
            text = careless(said(nodes, stranger.fill, rng), korean, rng)
            if text and stranger.used and text not in seen:
                seen.add(text)
                yield Sentence(text, "oos_unrelated", number, fleet)

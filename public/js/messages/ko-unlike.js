/** 평소와 다른 상태. en-unlike.js와 키가 같다. */

export const messages = {
  'unlike.expected': '예상 {low}~{high}',
  'unlike.from': '{from}부터 {span} 동안',
  'unlike.since': '{from}부터',
  'unlike.with': '함께 변함: {series}',
  'unlike.by': '{by} 님이 예상된 일로 표시함',
  'unlike.accept': '평소와 같음',
  'unlike.why': '앞으로 이 시간대에는 평소 상태로 여깁니다',
  'unlike.more': '이 범위에 {n}건 더 있음',
  'unlikekind.value': '지금까지 없던 값',
  'unlikekind.mean': '이렇게 오래간 적이 없음',
  'unlikekind.jitter': '지금까지 없던 흔들림',
  'unlikekind.hour': '이 시간대에는 처음',
  'unlikekind.deviation': '이 시간대에는 드묾',
  'rulekind.anomaly': '평소와 다름',
};

/** 다른 모니터의 알림. en-outside.js와 키가 같습니다. */

export const messages = {
  'outside.told': '출처: {source}',
  'outside.nowhere': '알려진 서버 없음',
  'outside.open': '{source}에서 보기',
  'outside.runbook': '조치 방법',
  'outside.asTold': '출처가 정한 대로',
  'outside.labels': '레이블',
  'outside.annotations': '원래 설명',
  'endedby.told': '출처에서 종료되었다고 알렸습니다',
  'endedby.timed_out': '더 이상 소식이 없어 종료로 처리했습니다',
  'rulekind.outside': '다른 모니터',
  'silence.ofName': '{server}에 대한 다른 모니터의 “{name}” 알림',
};

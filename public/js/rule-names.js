/** What the rules of a fresh install are called in Korean; lib/domain/rule_names.py says the same, and why. */

const NAMES = {
  cpu: ['CPU', 'CPU'],
  memory: ['Memory', '메모리'],
  disk: ['Disk', '디스크'],
  'disk-free': ['Free space', '남은 공간'],
  inode: ['Inodes', '아이노드'],
  load: ['Load', '부하'],
  heartbeat: ['Heartbeat', '서버 무응답'],
  deaf: ['The monitor cannot hear', '모니터 수신 불가'],
  jobs: ['Missed jobs', '작업 누락'],
  clock: ['Clock', '시계 오차'],
  'disk-soon': ['Disk will be full', '디스크 부족 예상'],
  outside: ['Other monitors', '다른 모니터'],
};

/** How people of this language call the rule `id` that is stored as `name`: so, unless it is still the name it was made with. */
export function ruleCalled(id, name, lang) {
  const [stored, korean] = Object.hasOwn(NAMES, id) ? NAMES[id] : [];
  return lang === 'ko' && name === stored ? korean : name;
}

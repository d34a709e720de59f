/** The page behind a link in a message: it says what would be done, and one press of a button does it. The token stands
 * behind the `#` and is sent in a body only. It loads nothing of the dashboard and needs nobody to be signed in. */

import { pickLanguage } from './i18n.js';
import { ruleCalled } from './rule-names.js';

const BY_LINK = 'a link in a message';

export const WORDS = {
  en: {
    title: { acknowledge: 'Acknowledge this alert?', silence: 'Silence this alert?', none: 'A link in a message' },
    act: { acknowledge: 'Acknowledge', silence: (hours) => `Silence for ${hours} ${hours === 1 ? 'hour' : 'hours'}` },
    means: {
      acknowledge: () => 'It goes on, and reminds nobody any more. You are taken to look after it.',
      silence: (server, rule) => (server
        ? `Meanwhile nobody is told of “${rule}” on ${server}. The alert goes on, and is told again if it is still open then.`
        : 'Meanwhile nobody is told of this alert. It goes on, and is told again if it is still open then.'),
    },
    done: { acknowledge: () => 'Acknowledged. It reminds nobody any more.', silence: (until) => `Silent until ${until}.` },
    already: (by) => `Acknowledged already, by ${by === BY_LINK ? 'somebody with this link' : by}.`,
    silent: (until) => (until ? `It is silent already, until ${until}.` : 'It is silent already, until somebody ends that.'),
    over: 'This alert is over.', dashboard: 'Open the dashboard', alert: 'Open the alert',
    old: 'This link is older than a week and good for nothing any more. Open the alert itself.',
    wrong: 'This link is not one of ours, or a part of it is missing. Open it from the message itself.',
    gone: 'This alert is forgotten by now.',
    failed: 'This did not work: the hub could not be reached, or was too busy.', again: 'Try again',
  },
  ko: {
    title: { acknowledge: '이 알림을 확인 처리할까요?', silence: '이 알림을 끌까요?', none: '메시지의 링크' },
    act: { acknowledge: '확인', silence: (hours) => `${hours}시간 알림 끄기` },
    means: {
      acknowledge: () => '알림은 계속되지만 다시 알리지 않습니다. 담당자가 살펴보는 것으로 표시됩니다.',
      silence: (server, rule) => (server
        ? `그동안 ${server}의 “${rule}” 알림을 아무에게도 보내지 않습니다. 그때까지 끝나지 않으면 다시 알립니다.`
        : '그동안 이 알림을 아무에게도 보내지 않습니다. 그때까지 끝나지 않으면 다시 알립니다.'),
    },
    done: { acknowledge: () => '확인되었습니다. 더 이상 다시 알리지 않습니다.', silence: (until) => `${until}까지 알리지 않습니다.` },
    already: (by) => `이미 확인되었습니다: ${by === BY_LINK ? '이 링크를 받은 사람' : by}`,
    silent: (until) => (until ? `이미 꺼져 있습니다: ${until}까지` : '이미 꺼져 있습니다. 누군가 해제할 때까지 알리지 않습니다.'),
    over: '이 알림은 이미 해결되었습니다.', dashboard: '대시보드 열기', alert: '알림 열기',
    old: '일주일이 지나 더 이상 쓸 수 없는 링크입니다. 알림을 직접 여세요.',
    wrong: '올바르지 않거나 일부가 잘린 링크입니다. 메시지에서 다시 여세요.',
    gone: '이미 지워진 알림입니다.',
    failed: '처리하지 못했습니다. 서버에 연결할 수 없거나 요청이 많습니다.', again: '다시 시도',
  },
};

/** {incident, isOld} of a token, unproved: only for what is said when the hub has refused it. */
export function claimed(token, now) {
  try {
    const [incident, , , expires] = JSON.parse(atob(token.split('.')[0].replaceAll('-', '+').replaceAll('_', '/')));
    return { incident: typeof incident === 'string' && /^[\w-]{1,64}$/.test(incident) ? incident : null, isOld: typeof expires === 'number' && expires <= now };
  } catch {
    return { incident: null, isOld: false };
  }
}

/** What to show of an answer `{status, body}`: {title, text, lines, actions}; `actions` are [label, seconds?] of its
 * buttons. `clock` writes the time of day of epoch seconds. */
export function told({ status, body }, words, language, clock, link) {
  if (status !== 200) {
    const isRefused = status === 403 || status === 400; // 400: there is no token at all
    const line = isRefused ? (link.isOld ? words.old : words.wrong) : status === 404 ? words.gone : words.failed;
    return { title: words.title.none, text: '', lines: [line], actions: isRefused || status === 404 ? [] : [[words.again]] };
  }
  const { act, alert, done, silence } = body;
  const text = [alert.server, alert.text?.[language]].filter(Boolean).join(' · ');
  const settled = done ? words.done[act](silence && clock(silence.until_epoch))
    : alert.state === 'resolved' ? words.over
      : act === 'silence' ? silence.is_on && words.silent(silence.until_epoch && clock(silence.until_epoch))
        : alert.acked_by && words.already(alert.acked_by);
  if (settled) return { title: text, text: '', lines: [settled], actions: [] };
  return { title: words.title[act], text, lines: [words.means[act](alert.server, ruleCalled(alert.rule, alert.rule_name, language))], actions: silence ? silence.choices.map((seconds) => [words.act.silence(seconds / 3600), seconds]) : [[words.act[act]]] };
}

const clockIn = (language) => (epoch) => {
  const isToday = new Date(epoch * 1000).toDateString() === new Date().toDateString();
  return new Intl.DateTimeFormat(language, { ...(!isToday && { month: 'short', day: 'numeric' }), hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(epoch * 1000);
};

function element(name, attributes, ...children) {
  const made = Object.assign(document.createElement(name), attributes);
  made.append(...children);
  return made;
}

async function ask(token, confirm, seconds) {
  try {
    const response = await fetch('api/alerts/act', {
      method: 'POST', credentials: 'omit', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ token, confirm, ...(seconds && { seconds }) }),
    });
    return { status: response.status, body: response.ok ? await response.json() : null };
  } catch {
    return { status: 0, body: null };
  }
}

/** A failure while it was done is tried again as such; nothing is done that was not pressed for. */
async function show(main, token, language, confirm, seconds) {
  const words = WORDS[language];
  const link = claimed(token, Date.now() / 1000);
  const answer = await ask(token, confirm, seconds);
  const { title, text, lines, actions } = told(answer, words, language, clockIn(language), link);
  document.title = title;
  const buttons = actions.map(([label, chosen], place) => {
    const button = element('button', { className: place ? 'btn' : 'btn main', type: 'button' }, label);
    button.addEventListener('click', () => {
      for (const one of buttons) one.disabled = true;
      show(main, token, language, confirm || answer.status === 200, chosen ?? seconds);
    });
    return button;
  });
  main.replaceChildren(
    element('h1', {}, title),
    ...(text ? [element('p', { className: 'panel what' }, text)] : []),
    ...lines.map((line) => element('p', { role: 'status' }, line)),
    ...(buttons.length ? [element('p', { className: 'choices' }, ...buttons)] : []),
    element('p', {}, element('a', { href: link.incident ? `./#/alerts/${link.incident}` : './' }, link.incident ? words.alert : words.dashboard)),
  );
}

const main = globalThis.document?.getElementById('act');
if (main) {
  const language = pickLanguage(new URLSearchParams(location.search).get('lang'), navigator.languages);
  document.documentElement.lang = language;
  document.title = WORDS[language].title.none;
  show(main, location.hash.slice(1), language, false);
}

/** The page behind a link in a message: it says what would be done, and one press of a button does it. The token stands
 * behind the `#` and is sent in a body only. It loads nothing of the dashboard and needs nobody to be signed in. */

import { pickLanguage } from './i18n.js';

const WORDS = {
  en: {
    title: 'Acknowledge this alert?', act: 'Acknowledge', open: 'Open the dashboard', done: 'Acknowledged. It reminds nobody any more.',
    already: (by) => `Acknowledged already, by ${by}.`, over: 'This alert is over.', failed: 'This did not work. Try again, or open the alert itself.',
  },
  ko: {
    title: '이 알림을 확인 처리할까요?', act: '확인', open: '대시보드 열기', done: '확인되었습니다. 더 이상 다시 알리지 않습니다.',
    already: (by) => `이미 확인되었습니다: ${by}`, over: '이 알림은 이미 해결되었습니다.', failed: '처리하지 못했습니다. 다시 시도하거나 알림을 직접 여세요.',
  },
};

/** What to show: {text, line, offers}; `offers` says whether there is a button. */
export function told(answer, words, language) {
  if (!answer) return { text: '', line: words.failed, offers: true };
  const { alert, done } = answer;
  const text = [alert.server, alert.text?.[language]].filter(Boolean).join(' · ');
  if (done) return { text, line: words.done, offers: false };
  if (alert.state === 'resolved') return { text, line: words.over, offers: false };
  if (alert.acked_by) return { text, line: words.already(alert.acked_by), offers: false };
  return { text, line: '', offers: true };
}

function element(name, attributes, ...children) {
  const made = Object.assign(document.createElement(name), attributes);
  made.append(...children);
  return made;
}

async function ask(token, confirm) {
  try {
    const response = await fetch('api/alerts/act', {
      method: 'POST', credentials: 'omit', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ token, confirm }),
    });
    return response.ok ? await response.json() : null;
  } catch {
    return null;
  }
}

async function show(main, token, language, confirm) {
  const words = WORDS[language];
  const { text, line, offers } = told(await ask(token, confirm), words, language);
  const button = element('button', { className: 'button primary', type: 'button' }, words.act);
  button.addEventListener('click', () => show(main, token, language, true), { once: true });
  main.replaceChildren(
    element('h1', {}, offers ? words.title : text),
    ...(offers && text ? [element('p', {}, text)] : []),
    ...(line ? [element('p', { role: 'status' }, line)] : []),
    ...(offers ? [button] : []),
    element('p', {}, element('a', { href: './' }, words.open)),
  );
}

const main = globalThis.document?.getElementById('act');
if (main) {
  const language = pickLanguage(new URLSearchParams(location.search).get('lang'), navigator.languages);
  document.documentElement.lang = language;
  document.title = WORDS[language].title;
  show(main, location.hash.slice(1), language, false);
}

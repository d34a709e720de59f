/** A conversation with the assistant: what was asked and answered, as long as the page lives. */

import { ApiError, post } from './api.js';
import { createStore, store } from './store.js';

const MOST_TURNS = 30;

/** `turns` are [{key, question, reply, error}]; a turn without either is waited for. */
export const talk = createStore({ turns: [], conversation: null });

let keys = 0;

export const isBusy = ({ turns }) => turns.some((one) => !one.reply && !one.error);

/** Never throws: what went wrong stands in the turn. */
export async function ask(message) {
  const question = message.trim();
  if (!question || isBusy(talk.get())) return;
  const turn = { key: (keys += 1), question };
  talk.set({ turns: [...talk.get().turns, turn].slice(-MOST_TURNS) });
  const { conversation } = talk.get();
  await answerInto(turn.key, () => post('/api/chat', { message: question, conversation, locale: store.get().words.lang }));
}

/** Asks the same again, in its place. */
export async function askAgain(key) {
  const turn = talk.get().turns.find((one) => one.key === key);
  if (!turn || isBusy(talk.get())) return;
  change(key, { error: undefined });
  await answerInto(key, () => post('/api/chat', { message: turn.question, conversation: talk.get().conversation, locale: store.get().words.lang }));
}

/** Does what was proposed. The outcome is an answer of its own. */
export async function confirm(key, index) {
  const turn = talk.get().turns.find((one) => one.key === key);
  const action = turn?.reply?.actions[index];
  if (!action?.confirm_token || action.outcome) return;
  set(key, index, { outcome: 'busy' });
  try {
    const done = await post('/api/chat/confirm', { token: action.confirm_token, locale: turn.reply.locale });
    set(key, index, { outcome: 'done', done });
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    set(key, index, { outcome: null, error });
  }
}

export function decline(key, index) {
  set(key, index, { outcome: 'declined' });
}

export function forget() {
  talk.set({ turns: [], conversation: null });
}

async function answerInto(key, call) {
  try {
    const reply = await call();
    talk.set({ conversation: reply.conversation });
    change(key, { reply });
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    change(key, { error });
  }
}

const change = (key, patch) => talk.set({ turns: talk.get().turns.map((one) => (one.key === key ? { ...one, ...patch } : one)) });

function set(key, index, patch) {
  const turn = talk.get().turns.find((one) => one.key === key);
  const actions = turn.reply.actions.map((one, place) => (place === index ? { ...one, ...patch } : one));
  change(key, { reply: { ...turn.reply, actions } });
}

/** What a key means where. Pure: the shell does it. */

const PLAIN = { '/': 'search', j: 'next', k: 'previous', '?': 'help', t: 'theme', l: 'language', c: 'ask' };

/** The action of a key press, or null. In a field only Escape is ours, in a dialog nothing. */
export function actionFor({ key, ctrlKey, metaKey, altKey, isComposing }, { isTyping, hasDialog }) {
  // A key that ends a Hangul syllable belongs to the input method.
  if (ctrlKey || metaKey || altKey || isComposing || hasDialog) return null;
  if (key === 'Escape') return isTyping ? 'leaveField' : 'back';
  if (isTyping) return null;
  return PLAIN[key] ?? PLAIN[HANGUL[key]] ?? null;
}

// The same places on a keyboard that is set to Hangul.
const HANGUL = { ㅓ: 'j', ㅏ: 'k', ㅅ: 't', ㅣ: 'l', ㅊ: 'c' };

export function step(count, current, direction) {
  if (!count) return -1;
  if (current < 0) return direction > 0 ? 0 : count - 1;
  return Math.max(0, Math.min(count - 1, current + direction));
}

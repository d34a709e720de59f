/** Signing in: one form, and what went wrong in words. */

import { html, useState } from '../../vendor/preact-htm.js';
import { signIn } from '../api.js';
import { useStore, useWords } from '../components/hooks.js';
import { troubleWords } from '../trouble.js';
import { LanguageChoice, ThemeButton } from './shell.js';

export function View() {
  const words = useWords();
  const { t } = words;
  const hasEnded = useStore((state) => state.session.hasEnded);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState(null);

  const submit = async (event) => {
    event.preventDefault();
    const form = new FormData(event.target);
    setBusy(true);
    setError(null);
    try {
      await signIn(form.get('email').trim(), form.get('password'));
    } catch (refused) {
      setError(refused);
      setBusy(false);
    }
  };

  return html`<main class="alone"><div class="login">
    <div class="brand"><img src="icon.svg" alt="" width="26" height="26" /><span>${t('app.name')}<small>${location.host}</small></span></div>
    <form class="panel" onSubmit=${submit} aria-labelledby="login-title">
      <h1 id="login-title">${t('login.title')}</h1>
      ${hasEnded && !error && html`<p class="note" role="status">${t('login.ended')}</p>`}
      <label class="field">${t('login.email')}<input class="input" name="email" type="email" autocomplete="username" required autofocus /></label>
      <label class="field">${t('login.password')}<input class="input" name="password" type="password" autocomplete="current-password" required /></label>
      ${error && html`<p class="note bad" role="alert">${error.status === 401 ? t('login.wrong') : troubleWords(error, words)}</p>`}
      <button class="btn main" disabled=${busy}>${t(busy ? 'login.busy' : 'login.submit')}</button>
    </form>
    <div class="choices"><${LanguageChoice} /><${ThemeButton} /></div>
  </div></main>`;
}

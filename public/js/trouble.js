/** What to tell a person when the hub did not do what was asked. Pure. */

const KNOWN = new Set([401, 403, 404, 409, 429, 503]);

/** A sentence for an ApiError. The hub's own detail is shown where it says more than the status (4xx with a cause). */
export function troubleWords(error, words) {
  const { status, problem, retryAfter } = error;
  if (!status) return words.t('trouble.offline');
  if (status === 429) return words.t('trouble.429', { span: words.span(retryAfter || 60) });
  if (KNOWN.has(status)) return words.t(`trouble.${status}`);
  const told = problem?.errors?.[0]?.detail ?? problem?.detail;
  return status < 500 && told ? told : words.t('trouble.other', { status });
}

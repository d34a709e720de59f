/** What happened meanwhile. ko-toasts.js has the same keys. */

export const messages = {
  'toast.opened': 'Opened',
  'toast.ended': 'Over',
  'toast.more': 'and {n} more',
  'toast.close': 'Close',
};

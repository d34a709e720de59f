/** The browser tab as a status light: the worst status of the fleet as a shape in a colour, and as a word before it. */

// Drawn for both light and dark tab strips, so these are the graphic colours in between. Shapes as in marks.js.
const SIGNS = {
  ok: '<circle cx="25" cy="25" r="6" fill="%2322b07d"/>',
  warning: '<path d="M25 17.500l7 13h-14z" fill="%23f0a020"/>',
  critical: '<path d="M25 17l7.500 7.500-7.500 7.500-7.500-7.500z" fill="%23f04f58"/>',
  stale: '<circle cx="25" cy="25" r="4.800" fill="none" stroke="%23858e99" stroke-width="3"/>',
  offline: '<circle cx="25" cy="25" r="4.800" fill="none" stroke="%23858e99" stroke-width="3" stroke-dasharray="4 3"/>',
};

const BASE = '<rect width="32" height="32" rx="9" fill="%237c8cff"/><path d="M6 17h5l3-8 4 14 3-6h5" fill="none" stroke="%230b0c0f" stroke-width="2.6" stroke-linecap="round" stroke-linejoin="round"/>';

/** The icon as a data address. No status, no sign: nothing is known yet. */
export function iconFor(status) {
  const sign = SIGNS[status];
  const ground = sign ? '<circle cx="25" cy="25" r="8.500" fill="%23fff"/>' : '';
  return `data:image/svg+xml,<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">${BASE}${ground}${sign ?? ''}</svg>`
    .replaceAll('"', "'").replaceAll('<', '%3C').replaceAll('>', '%3E');
}

let shown = null;

export function showFavicon(status) {
  if (status === shown) return;
  shown = status;
  document.querySelector('link[rel=icon]').href = iconFor(status);
}

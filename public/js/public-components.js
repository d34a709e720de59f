/** The public page's components as its admin orders them, and the addresses that others show. Pure. */

/** [{id, place}] of what must change so that the one at `place` stands `by` further on. */
export function moved(components, place, by) {
  const wanted = [...components];
  wanted.splice(place + by, 0, ...wanted.splice(place, 1));
  return wanted.map(({ id }, to) => ({ id, place: to })).filter(({ id, place: to }) => components.find((one) => one.id === id).place !== to);
}

export const pageOf = (origin, lang) => `${origin}/status.html?lang=${lang}`;

/** {image, markdown, page} of a component's badge, or that of `all`. */
export function badgeOf(origin, component, lang) {
  const image = `${origin}/api/status/badge/${encodeURIComponent(component)}.svg?locale=${lang}`;
  const page = pageOf(origin, lang);
  return { image, page, markdown: `[![status](${image})](${page})` };
}

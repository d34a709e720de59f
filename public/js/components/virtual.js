/** Lists of any length at the cost of a screenful: only what is near the window is in the document. */

import { html, useEffect, useLayoutEffect, useRef, useState } from '../../vendor/preact-htm.js';

// Below this a list is shown whole, so that find-in-page and screen readers see all of it.
const WHOLE_UP_TO = 60;
const MARGIN_PX = 200;

/**
 * `items` in rows of `rowHeight` px with `gap` px between; as many columns as fit at `minWidth` (one without it).
 * `render(item, index)` must give exactly `rowHeight`. `as` and `role` shape the list element.
 */
export function Virtual({ items, rowHeight, gap = 0, minWidth, render, role, className }) {
  const outer = useRef();
  const [view, setView] = useState({ columns: 1, first: 0, last: 12 });
  const pitch = rowHeight + gap;
  const isWhole = items.length <= WHOLE_UP_TO;

  function measure() {
    const box = outer.current?.getBoundingClientRect();
    if (!box) return;
    const columns = minWidth ? Math.max(1, Math.floor((box.width + gap) / (minWidth + gap))) : 1;
    const first = Math.max(0, Math.floor((-box.top - MARGIN_PX) / pitch));
    const last = Math.max(first, Math.ceil((innerHeight - box.top + MARGIN_PX) / pitch));
    setView((old) => (old.columns === columns && old.first === first && old.last === last ? old : { columns, first, last }));
  }

  useLayoutEffect(measure, [items.length, rowHeight, minWidth]);
  useEffect(() => {
    let frame = 0;
    const later = () => { frame ||= requestAnimationFrame(() => { frame = 0; measure(); }); };
    const observer = new ResizeObserver(later);
    observer.observe(outer.current);
    addEventListener('scroll', later, { passive: true });
    return () => {
      observer.disconnect();
      removeEventListener('scroll', later);
      cancelAnimationFrame(frame);
    };
  }, [rowHeight, minWidth, gap]);

  const rows = Math.ceil(items.length / view.columns);
  const first = isWhole ? 0 : Math.min(view.first, Math.max(0, rows - 1));
  const last = isWhole ? rows : Math.min(view.last, rows);
  const shown = items.slice(first * view.columns, last * view.columns);
  return html`<div ref=${outer} class="virtual" role="presentation" style=${{ height: `${Math.max(0, rows * pitch - gap)}px` }}>
    <div class=${className} role=${role} style=${{
      transform: `translateY(${first * pitch}px)`,
      gridTemplateColumns: `repeat(${view.columns}, minmax(0, 1fr))`,
      gridAutoRows: `${rowHeight}px`,
      gap: `${gap}px`,
    }}>${shown.map((item, index) => render(item, first * view.columns + index))}</div>
  </div>`;
}

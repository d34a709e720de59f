/** The Markdown that answers are written in, as blocks of plain data; whatever else a text holds stays text. Pure. */

const FENCE = /^```(\w*)\s*$/;
const ROW = /^\|(.*)\|\s*$/;
const RULE = /^\|[\s:|-]+\|\s*$/;
const HEADING = /^(#{1,4})\s+(.*)$/;
const ITEM = /^(\s*)(?:[-*]|(\d+)\.)\s+(.*)$/;
// Links lead to places of this page only.
const PIECE = /\\([\\`*_[\]<>|~#])|`([^`]+)`|\*\*((?:\\.|[^*\\])+)\*\*|\[((?:\\.|[^\]\\])+)\]\(\/?(#\/[^)\s]*)\)/g;

/**
 * [{kind: 'p' | 'h' | 'li' | 'code' | 'table', ...}]: `parts` of text are [{kind: 'text' | 'code' | 'bold' | 'link', text, href}];
 * a table has `headers` and `rows` of parts, code its `text`, an item its `number` or null.
 */
export function blocks(text) {
  const lines = String(text).split('\n');
  const found = [];
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at];
    const fence = line.match(FENCE);
    if (fence) {
      const end = lines.findIndex((one, index) => index > at && /^```\s*$/.test(one));
      const last = end < 0 ? lines.length : end;
      found.push({ kind: 'code', text: lines.slice(at + 1, last).join('\n') });
      at = last;
    } else if (ROW.test(line) && RULE.test(lines[at + 1] ?? '')) {
      const rows = [];
      const headers = cells(line);
      for (at += 2; ROW.test(lines[at] ?? ''); at += 1) rows.push(cells(lines[at]));
      at -= 1;
      found.push({ kind: 'table', headers, rows });
    } else if (HEADING.test(line)) found.push({ kind: 'h', parts: parts(line.match(HEADING)[2]) });
    else if (ITEM.test(line)) {
      const [, , number, rest] = line.match(ITEM);
      found.push({ kind: 'li', number: number ?? null, parts: parts(rest) });
    } else if (line.trim()) found.push({ kind: 'p', parts: parts(line) });
  }
  return found;
}

/** A row's cells; `\|` is a sign within one. */
const cells = (line) => line.match(ROW)[1].split(/(?<!\\)\|/).map((cell) => parts(cell.trim().replace(/\\\|/g, '|')));

export function parts(text) {
  const found = [];
  let reached = 0;
  const add = (kind, said, href) => {
    const before = found.at(-1);
    if (kind === 'text' && before?.kind === 'text') before.text += said;
    else if (said) found.push(href ? { kind, text: said, href } : { kind, text: said });
  };
  for (const match of text.matchAll(PIECE)) {
    add('text', text.slice(reached, match.index));
    const [whole, escaped, code, bold, label, href] = match;
    if (escaped) add('text', escaped);
    else if (code) add('code', code);
    else if (bold) add('bold', plain(bold));
    else add('link', plain(label), href);
    reached = match.index + whole.length;
  }
  add('text', text.slice(reached));
  return found;
}

const plain = (text) => text.replace(/\\(.)/g, '$1');

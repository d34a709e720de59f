/**
 * OPENMANAGER_DENY at the edge: what is never answered is turned away before a function is woken.
 *
 * Vercel runs this file by its name and place, without a framework. The functions hold to the same list themselves
 * (lib/web/addresses.py), so posts of agents and the clock do not take this way: each would cost an invocation more.
 * Both sides are held to one table of cases, tests/fixtures/denied_addresses.json.
 */

export const config = { matcher: ['/api/((?!ingest|cron).*)'] };

const denied = networksOf(process.env.OPENMANAGER_DENY);

export default function middleware(request) {
  const forwarded = request.headers.get('x-forwarded-for') ?? '';
  if (!isDenied(forwarded.slice(forwarded.lastIndexOf(',') + 1), denied)) return undefined; // go on
  const body = {
    type: 'urn:openmanager:forbidden',
    title: 'Forbidden',
    status: 403,
    detail: 'this address may not do this here',
    instance: new URL(request.url).pathname,
  };
  const headers = { 'Content-Type': 'application/problem+json', 'Cache-Control': 'no-store' };
  return new Response(JSON.stringify(body), { status: 403, headers });
}

/** [[bits, prefix, number], ...] of a list of networks. A part that cannot be read is left to the functions: they do not start with it. */
export function networksOf(list) {
  return (list ?? '')
    .split(/[\s,]+/)
    .filter(Boolean)
    .map((text) => {
      const [address, prefix, ...more] = text.split('/');
      const found = parse(address);
      if (!found || more.length || !/^\d{1,3}$/.test(prefix ?? '0')) return null;
      const mapped = found.bits === 32 && address.includes(':') ? 96 : 0;
      return [found.bits, (prefix === undefined ? found.bits + mapped : Number(prefix)) - mapped, found.number];
    })
    .filter((one) => one && one[1] >= 0 && one[1] <= one[0]);
}

/** Whether the address lies in one of the networks. One that cannot be read is denied as soon as there is a list. */
export function isDenied(address, networks) {
  if (networks.length === 0) return false;
  const found = parse(address.trim().split('%')[0]);
  if (!found) return true;
  return networks.some(([bits, prefix, number]) => {
    const shift = BigInt(bits - prefix);
    return bits === found.bits && found.number >> shift === number >> shift;
  });
}

/** {bits, number}; an IPv4 address that is written as IPv6 is IPv4. null for what is no address. */
function parse(text) {
  if (!text.includes(':')) return v4(text);
  const tail = text.slice(text.lastIndexOf(':') + 1);
  if (tail.includes('.')) {
    const last = v4(tail);
    if (!last) return null;
    const [high, low] = [last.number >> 16n, last.number & 0xffffn];
    text = `${text.slice(0, -tail.length)}${high.toString(16)}:${low.toString(16)}`;
  }
  const halves = text.split('::');
  if (halves.length > 2) return null;
  const [left, right] = halves.map((half) => (half ? half.split(':') : []));
  const missing = 8 - left.length - (right?.length ?? 0);
  if (right ? missing < 1 : missing !== 0) return null;
  const groups = right ? [...left, ...Array(missing).fill('0'), ...right] : left;
  if (!groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return null;
  const number = groups.reduce((sum, group) => (sum << 16n) | BigInt(`0x${group}`), 0n);
  return number >> 32n === 0xffffn ? { bits: 32, number: number & 0xffffffffn } : { bits: 128, number };
}

function v4(text) {
  const parts = text.split('.');
  // "010" is eight to some and ten to others, so it is nobody's address.
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256)) return null;
  return { bits: 32, number: parts.reduce((sum, part) => (sum << 8n) | BigInt(part), 0n) };
}

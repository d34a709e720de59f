/** What somebody is typing, once they have paused. */

import { useEffect, useState } from '../../vendor/preact-htm.js';

const TYPING_MS = 300;

/** The value once nobody has changed it for a moment. */
export function useSettled(value) {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), TYPING_MS);
    return () => clearTimeout(timer);
  }, [value]);
  return settled;
}

/** A view that comes when it is asked for, shown as soon as it is there. */

import { html, useState } from '../../vendor/preact-htm.js';
import { later } from '../later.js';

export function Late({ name, ...rest }) {
  const [, again] = useState(0);
  const { view: Shown } = later(name, () => again((count) => count + 1));
  return Shown ? html`<${Shown} ...${rest} />` : null;
}

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { blocks, parts } from '../../public/js/markdown.js';

const text = (said) => ({ kind: 'text', text: said });

test('words, bold, code, and links within the page', () => {
  assert.deepEqual(parts('a **b** `c` [d](/#/alerts/1) e'), [text('a '), { kind: 'bold', text: 'b' }, text(' '), { kind: 'code', text: 'c' }, text(' '), { kind: 'link', text: 'd', href: '#/alerts/1' }, text(' e')]);
});

test('what is escaped is text, and so is everything that is not ours', () => {
  assert.deepEqual(parts('\\*\\*a\\*\\* \\<b\\> \\`x'), [text('**a** <b> `x')]);
  assert.deepEqual(parts('<img src=x onerror=alert(1)>'), [text('<img src=x onerror=alert(1)>')]);
  assert.deepEqual(parts('[x](https://evil.example) [y](javascript:alert(1))'), [text('[x](https://evil.example) [y](javascript:alert(1))')]);
  assert.deepEqual(parts('**\\*\\***'), [{ kind: 'bold', text: '**' }]);
  assert.deepEqual(parts('`a **b**`'), [{ kind: 'code', text: 'a **b**' }]);
});

test('tables, lists, headings and commands are blocks', () => {
  const found = blocks('first\n| a | b |\n| --- | --- |\n| x \\| y | **1** |\nafter\n## head\n- one\n2. two\n```sh\nls -l\n# no heading\n```\nend');
  assert.deepEqual(found.map(({ kind }) => kind), ['p', 'table', 'p', 'h', 'li', 'li', 'code', 'p']);
  assert.deepEqual(found[1].rows, [[[text('x | y')], [{ kind: 'bold', text: '1' }]]]);
  assert.deepEqual(blocks('| a |\n| --- |\n| `x\\|y` |')[0].rows, [[[{ kind: 'code', text: 'x|y' }]]]);
  assert.equal(found[5].number, '2');
  assert.equal(found[6].text, 'ls -l\n# no heading');
});

test('a text that ends in the middle is still shown', () => {
  assert.deepEqual(blocks('```\nabc'), [{ kind: 'code', text: 'abc' }]);
  assert.deepEqual(blocks('| a |'), [{ kind: 'p', parts: [text('| a |')] }]);
  assert.deepEqual(blocks(''), []);
});

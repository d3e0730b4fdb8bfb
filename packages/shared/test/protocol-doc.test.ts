import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { closeCodes, errors, eventTypes, ingestReply, liveControl, seriesFields } from '../src/index.ts';

// From dist/test of this package.
const page = readFileSync(new URL('../../../../docs/protocol.md', import.meta.url), 'utf8');
const rows = page.split('\n').filter((line) => line.startsWith('|'));

test.each(Object.entries(closeCodes))(
  'the close code %s stands in docs/protocol.md as it is',
  (name, entry) => {
    const cells = [entry.code, `\`${name}\``, entry.retry ? 'yes' : 'no', entry.meaning];
    expect(rows).toContain(`| ${cells.join(' | ')} |`);
  },
);

test.each(Object.entries(errors))(
  'the error code %s stands in docs/protocol.md as it is',
  (code, { meaning }) => {
    expect(
      rows.filter((row) => row.startsWith(`| \`${code}\` |`) && row.includes(`| ${meaning} |`)),
    ).toHaveLength(1);
  },
);

test('every type of event and of message stands in docs/protocol.md', () => {
  const controls = [...liveControl.options, ...ingestReply.options].map(({ shape }) => shape.type.value);
  for (const type of [...eventTypes, ...controls]) expect(page).toContain(`\`${type}\``);
});

test('every field of a series stands in docs/protocol.md', () => {
  for (const field of seriesFields) expect(page).toContain(`\`${field}\``);
});

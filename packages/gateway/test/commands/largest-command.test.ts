import { expect, test } from '@jest/globals';
import { eventLimits } from '@mnist-monitor/shared';
import { limits } from '../../src/limits.ts';

test('the largest command fits into a message, also with every character as an escape', () => {
  const escaped = (length: number): string => '\\ud83d\\ude00'.repeat(length);
  const tags = Array(eventLimits.tags)
    .fill(`"${escaped(eventLimits.tag)}"`)
    .join(',');
  const data = `{"name":"${escaped(eventLimits.runName)}","tags":[${tags}]}`;
  const others = 3_000; // Id, token, who gives it, and the other settings.
  expect(data.length + others).toBeLessThan(limits.livePayloadBytes);
});

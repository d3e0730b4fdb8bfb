import { expect, test } from '@jest/globals';
import { ingestMessageSchema, validate } from '@mnist-monitor/shared';
import { toRejection } from '../../src/ingest/rejection.ts';

test('control and bidirectional characters of an event are escaped in its rejection', () => {
  const [csi, override] = ['\u009b31m', '\u202e'];
  const event = {
    ...{ v: 1, runId: 'a', seq: 1, time: '2026-11-30T10:00:00.000Z', type: 'metrics' },
    data: { step: override, metrics: { [csi]: 1 } },
  };
  const result = validate(ingestMessageSchema, event);
  const rejection = JSON.stringify(result.ok || toRejection(result.error));
  expect(rejection).toMatch(/u009b31m/);
  expect(rejection).toMatch(/u202e/);
  expect(rejection).not.toMatch(/[\u0080-\u009f\u202e]/);
});

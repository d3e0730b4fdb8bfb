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

const event = { v: 1, runId: 'a', seq: 3, time: '2026-11-30T10:00:00.000Z', type: 'batch', data: {} };
const rejectionOf = (raw: unknown) => {
  const result = validate(ingestMessageSchema, raw);
  return result.ok ? undefined : toRejection(result.error);
};

test('an invalid event is replaced by a notice with its run, seq and time', () => {
  const issue = expect.objectContaining({ path: 'data.step' });
  expect(rejectionOf(event)).toMatchObject({
    reply: { type: 'reject', seq: 3, code: 'message.invalid', issues: expect.arrayContaining([issue]) },
    notice: {
      ...{ v: 1, runId: 'a', seq: 3, time: event.time, type: 'notice' },
      data: {
        ...{ level: 'error', code: 'event.rejected', step: null },
        message: expect.stringMatching(/^Event 3 \("batch"\) does not fit the protocol: data\.step: /),
      },
    },
  });
});

test('an event without a valid type or time is replaced by a notice that was written now', () => {
  const before = new Date().toISOString();
  const { notice } = rejectionOf({ ...event, type: 7, time: 'noon' })!;
  expect(notice.data).toMatchObject({ message: expect.stringMatching(/^Event 3 \(without a type\) does/) });
  expect([before, new Date().toISOString(), notice.time].sort()[1]).toBe(notice.time);
  const long = rejectionOf({ ...event, type: 'x'.repeat(99) })!.notice;
  expect(long.data).toMatchObject({ message: expect.stringContaining(`("${'x'.repeat(50)}")`) });
});

test.each([
  ['another version', { v: 2 }],
  ['no run', { runId: undefined }],
  ['a run that is no id', { runId: '../a' }],
  ['no seq', { seq: undefined }],
  ['the seq 0', { seq: 0 }],
])('an invalid event with %s cannot be replaced', (_what, more) => {
  expect(rejectionOf({ ...event, ...more })).toBeUndefined();
});

import { expect, test } from '@jest/globals';
import { startGateway } from '../support/gateway.ts';
import { fuzz } from './fuzz.ts';

test('invalid messages of every kind are refused with a code (S-29)', async () => {
  const gateway = await startGateway();
  const report = await fuzz({ ...gateway, messages: 250, seed: 3 });
  expect(report.accepted).toEqual([]);
  expect(report.sent).toBeGreaterThanOrEqual(250);
});

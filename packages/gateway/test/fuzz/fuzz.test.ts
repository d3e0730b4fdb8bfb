import { expect, test } from '@jest/globals';
import { startGateway } from '../support/gateway.ts';
import { fuzz } from './fuzz.ts';

test('wrong messages are refused with a code, whatever is wrong with them', async () => {
  const gateway = await startGateway();
  const report = await fuzz({ ...gateway, messages: 250, seed: 3 });
  expect(report.taken).toEqual([]);
  expect(report.sent).toBeGreaterThanOrEqual(250);
});

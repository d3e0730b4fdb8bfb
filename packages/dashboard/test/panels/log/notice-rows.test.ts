import { expect, it } from '@jest/globals';
import { noticeRows } from '../../../src/panels/log/notice-rows.ts';

it('notices are listed newest first, with the batch they belong to', () => {
  const notice = { level: 'warning', code: 'c', message: 'm', time: '2026-11-24T10:00:00.000Z' } as const;
  const rows = noticeRows([
    { ...notice, step: null },
    { ...notice, step: 1_412 },
  ]);
  expect(rows[0]?.position).toMatch(/^batch 1,412 · \d\d:00:00$/);
  expect(rows[1]?.position).toMatch(/^\d\d:00:00$/);
});

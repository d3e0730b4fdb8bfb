import { expect, test } from '@jest/globals';
import { readRefusal } from '../../support/connection.ts';
import { startGateway } from '../../support/gateway.ts';

test.each(['/', '/healthz', '/api/runs', '/ingest', '/nothing'])(
  'an upgrade at %s of the public port is refused with the right address',
  async (path) => {
    const { liveUrl } = await startGateway();
    const { status, problem } = await readRefusal(liveUrl.replace('/live', path));
    expect([status, problem.code]).toEqual([404, 'request.not_found']);
    expect(problem.detail).toMatch(`expected a WebSocket at /live, got one at ${path}; `);
    expect(problem.detail).toMatch('publishers to /ingest on the ingest port');
  },
);

test('an upgrade at another address of the ingest port is refused with the right one', async () => {
  const { ingestUrl } = await startGateway();
  const { status, problem } = await readRefusal(ingestUrl.replace('/ingest', '/live?run=latest'));
  expect(status).toBe(404);
  expect(problem.detail).toMatch(
    'expected a WebSocket at /ingest, got one at /live; viewers connect to /live on the public port',
  );
});

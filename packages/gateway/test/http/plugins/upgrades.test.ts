import { expect, test } from '@jest/globals';
import { readRefusal } from '../../support/connection.ts';
import { startGateway } from '../../support/gateway.ts';

test.each(['/', '/healthz', '/api/runs', '/ingest', '/nothing'])(
  'an upgrade at %s of the public port is refused with the right address (P-254, S-34)',
  async (path) => {
    const { liveUrl, ingestUrl } = await startGateway();
    const { status, problem } = await readRefusal(liveUrl.replace('/live', path));
    expect([status, problem.code]).toEqual([404, 'request.not_found']);
    expect(problem.detail).toBe(
      `expected a WebSocket at /live, got one at ${path}; viewers connect to ${liveUrl}, publishers to ${ingestUrl}`,
    );
  },
);

test('an upgrade at another address of the ingest port is refused with the right one (P-254, S-34)', async () => {
  const { liveUrl, ingestUrl } = await startGateway();
  const { status, problem } = await readRefusal(ingestUrl.replace('/ingest', '/live?run=latest'));
  expect(status).toBe(404);
  const viewers = liveUrl.replace('localhost', '127.0.0.1');
  expect(problem.detail).toBe(
    `expected a WebSocket at /ingest, got one at /live; viewers connect to ${viewers}, publishers to ${ingestUrl}`,
  );
});

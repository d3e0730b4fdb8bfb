import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { sampleRun } from '@mnist-monitor/shared/testing';
import Database from 'libsql';
import { openSqliteStore } from '../src/store/sqlite-store.ts';
import { toNewEvent } from '../src/store/store.ts';
import { temporaryFolder } from './support/cleanup.ts';
import { connect, range, seqsOf } from './support/connection.ts';
import { startGateway } from './support/gateway.ts';

const run = (runId: string) => sampleRun({ runId, epochs: 2, batchesPerEpoch: 30 }).map(toNewEvent);
const { length } = run('m');
const ofM = "run = (SELECT id FROM run WHERE name = 'm')";

/** Starts a gateway on a database in which the runs `ok` and, begun last, `m` are stored, after a change to it by SQL. */
async function startAfter(sql: string) {
  const runs = temporaryFolder();
  const store = await openSqliteStore(runs);
  for (const runId of ['ok', 'm']) await store.append(runId, run(runId));
  await store.close();
  const database = new Database(join(runs, 'monitor.db'));
  database.exec(sql);
  database.close();
  const gateway = await startGateway({ runs });
  const ask = async (path: string, method = 'GET') => {
    const answer = await fetch(`${gateway.url}${path}`, { method });
    return { status: answer.status, text: await answer.text() };
  };
  const listed = async () =>
    JSON.parse((await ask('/api/runs')).text).runs.map(({ runId }: { runId: string }) => runId);
  return { runs, gateway, ask, listed };
}

describe('a run in the database', () => {
  test.each([
    ['without any event', `DELETE FROM event WHERE ${ofM}`],
    ['whose first event is no JSON', `UPDATE event SET json = '{' WHERE seq = 1 AND ${ofM}`],
    ['whose last event is no JSON', `UPDATE event SET json = '{' WHERE seq = ${length} AND ${ofM}`],
    ['whose epochs are no JSON', `UPDATE event SET json = '{' WHERE type = 'epoch' AND ${ofM}`],
  ])('%s leaves all others served, is named, and can be deleted', async (_damage, sql) => {
    const { runs, gateway, ask, listed } = await startAfter(sql);
    expect(await listed()).toEqual(['ok']);
    expect((await ask('/api/runs/ok')).status).toBe(200);
    const problem = { status: 503, text: expect.stringMatching('"store.failing".*run m is damaged') };
    for (const path of ['', '/export.jsonl', '/series'])
      expect(await ask(`/api/runs/m${path}`)).toEqual(problem);
    const search = JSON.parse((await ask('/api/runs?search=completed')).text);
    expect(search.runs.map(({ runId }: { runId: string }) => runId)).toEqual(['ok']);

    const logged = gateway.log.map((line) => JSON.parse(line)).filter(({ level }) => level >= 40);
    expect(logged).toEqual([
      expect.objectContaining({
        ...{ runId: 'm', store: join(runs, 'monitor.db') },
        msg: expect.stringMatching('run m is damaged: .* DELETE /api/runs/m deletes it'),
      }),
    ]);
    // The store itself works.
    expect((await ask('/readyz')).status).toBe(200);
    expect(await ask('/api/runs/m', 'DELETE')).toEqual({ status: 200, text: expect.stringMatching('"m"') });
    expect((await ask('/api/runs/m')).status).toBe(404);
  });

  test('without any event is sent to nobody who follows the latest run', async () => {
    const { gateway, ask } = await startAfter(`DELETE FROM event WHERE ${ofM}`);
    const viewer = await connect(gateway.liveUrl);
    expect(await viewer.next()).toMatchObject({ type: 'hello', run: null });
    await ask('/api/runs/m', 'DELETE');
    const messages = await viewer.until(({ type, run }) => type === 'hello' && run !== null);
    expect(messages.at(-1)).toMatchObject({ run: { runId: 'ok' } });
    expect(seqsOf(messages)).toEqual([]);
  });

  test('with an event in the middle that is no JSON has no curves and no CSV, and is named', async () => {
    const { ask } = await startAfter(`UPDATE event SET json = '{' WHERE seq = 20 AND ${ofM}`);
    const problem = { status: 503, text: expect.stringMatching('run m is damaged: event 20 cannot be read') };
    for (const path of ['series', 'export.csv']) expect(await ask(`/api/runs/m/${path}`)).toEqual(problem);
  });

  test.each([
    ['1', 1, 20],
    ['40 to 45', 40, 45],
  ])('without the events from %s on is sent with a gap in their place', async (_name, from, to) => {
    const { gateway, ask } = await startAfter(
      `DELETE FROM event WHERE seq BETWEEN ${from} AND ${to} AND ${ofM}`,
    );
    for (const query of ['', '&complete=true', '&maxRate=5', '&bundle=true', `&after=${from + 2}`]) {
      const viewer = await connect(`${gateway.liveUrl}?run=m${query}`);
      const messages = await viewer.until(({ type }) => type === 'live');
      const received = messages.flatMap((message) => {
        if (message.type === 'events') return message.events.map(({ seq }: { seq: number }) => seq);
        if (message.type === 'gap') return [`${message.from}-${message.to}`];
        return message.v === 1 ? [message.seq] : [];
      });
      const start = query.startsWith('&after') ? from + 3 : 1;
      expect(received).toEqual([
        ...range(start, from - 1),
        `${Math.max(from, start)}-${to}`,
        ...range(to + 1, length),
      ]);
    }
    const problem = { status: 503, text: expect.stringMatching(`event ${from} is missing`) };
    for (const path of ['events', 'export.jsonl', 'export.csv'])
      expect(await ask(`/api/runs/m/${path}`)).toEqual(problem);
  });
});

import { existsSync, mkdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { closeCodes, encode, runDeletionSchema, runSummarySchema, validate } from '@mnist-monitor/shared';
import { sampleRun } from '@mnist-monitor/shared/testing';
import { toNewEvent } from '../../../src/store/store.ts';
import { temporaryFolder } from '../../support/cleanup.ts';
import { connect } from '../../support/connection.ts';
import { startGateway, type TestGateway } from '../../support/gateway.ts';
import { MemoryStore } from '../../support/memory-store.ts';
import { publish } from '../../support/publisher.ts';

const run = (runId: string) => sampleRun({ runId, epochs: 1, batchesPerEpoch: 5 });
const json = { 'content-type': 'application/json' };

describe('changing runs over REST', () => {
  let gateway: TestGateway;
  let runs: string;

  async function begin(options: { commandToken?: string; bind?: string } = {}): Promise<void> {
    runs = temporaryFolder();
    const store = new MemoryStore();
    for (const runId of ['a', 'b']) await store.append(runId, run(runId).map(toNewEvent));
    gateway = await startGateway({ runs, store, ...options });
  }
  const ask = (
    method: string,
    runId: string,
    { headers = {}, body }: { headers?: object; body?: unknown } = {},
  ) =>
    fetch(`${gateway.url}/api/runs/${runId}`, {
      method,
      headers: { ...(body === undefined ? {} : json), ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  const change = (runId: string, body: unknown, headers = {}) => ask('PATCH', runId, { headers, body });
  const remove = (runId: string, headers = {}) => ask('DELETE', runId, { headers });
  const codeOf = async (answer: Response) => [
    answer.status,
    ((await answer.json()) as { code: string }).code,
  ];
  const listed = async () => {
    const { runs } = (await (await fetch(`${gateway.url}/api/runs`)).json()) as { runs: { runId: string }[] };
    return runs.map(({ runId }) => runId);
  };
  /** Creates the folder of a run as a trainer leaves it, and returns its path. */
  const makeFolder = (runId: string, path = join(runs, runId)): string => {
    mkdirSync(join(path, 'model'), { recursive: true });
    writeFileSync(
      join(path, 'events.jsonl'),
      run(runId)
        .map((event) => `${encode(event)}\n`)
        .join(''),
    );
    writeFileSync(join(path, 'model', 'model.json'), '{}');
    return path;
  };

  describe('title, note and pin', () => {
    beforeEach(() => begin());

    test('are changed one by one, and every viewer is notified (P-85, P-171)', async () => {
      const viewer = await connect(gateway.liveUrl);
      await viewer.until(({ type }) => type === 'live');
      const answer = await change('a', { title: ' Deeper ', pinned: true });
      expect(answer.status).toBe(200);
      const summary = validate(runSummarySchema, await answer.json());
      expect(summary).toMatchObject({
        ok: true,
        value: { runId: 'a', title: 'Deeper', note: null, pinned: true },
      });
      await change('a', { note: 'with more layers\nand less noise' });
      await change('a', { title: '  ' });
      expect(await (await fetch(`${gateway.url}/api/runs/a`)).json()).toMatchObject({
        title: null,
        note: 'with more layers\nand less noise',
        pinned: true,
      });
      const received = await viewer.until(({ type, title }) => type === 'annotated' && title === null);
      expect(received.filter(({ type }) => type === 'annotated')).toMatchObject([
        { runId: 'a', title: 'Deeper', pinned: true },
        { runId: 'a', title: 'Deeper', note: 'with more layers\nand less noise' },
        { runId: 'a', title: null, pinned: true },
      ]);
    });

    test('include the name and the tags, which a search finds (P-85, P-171, P-189)', async () => {
      const viewer = await connect(gateway.liveUrl);
      await viewer.until(({ type }) => type === 'live');
      const named = { name: ' Deep network ', tags: [' wide', 'EMNIST', 'wide'] };
      const answer = await change('a', named);
      const changed = { runId: 'a', name: 'Deep network', tags: ['wide', 'EMNIST'] };
      expect([answer.status, await answer.json()]).toMatchObject([200, changed]);
      const received = await viewer.until(({ type }) => type === 'annotated');
      expect(received.at(-1)).toMatchObject({ ...changed, title: null, note: null, pinned: false });
      const found = async (search: string) => {
        const list = await fetch(`${gateway.url}/api/runs?search=${encodeURIComponent(search)}`);
        return ((await list.json()) as { runs: { runId: string }[] }).runs.map(({ runId }) => runId);
      };
      expect([await found('deep emnist'), await found('wide'), await found('narrow')]).toEqual([
        ['a'],
        ['a'],
        [],
      ]);
      await change('a', { tags: null });
      expect(await (await change('a', { name: '  ' })).json()).toMatchObject({ name: null, tags: [] });
      expect(await found('deep')).toEqual([]);
      expect(await (await change('a', { tags: ['x', ' \n'] })).json()).toMatchObject({ tags: ['x'] });
      expect(await (await change('a', { tags: [] })).json()).toMatchObject({ tags: [] });
    });

    test.each([
      ['empty', {}],
      ['a name too long', { name: 'x'.repeat(201) }],
      ['too many tags', { tags: Array.from({ length: 21 }, (_, index) => `tag ${index}`) }],
      ['a tag too long', { tags: ['x'.repeat(41)] }],
      ['tags as a text', { tags: 'x, y' }],
      ['a text too long', { title: 'x'.repeat(201) }],
      ['a number', { note: 5 }],
      ['a field that cannot be changed', { status: 'completed' }],
      ['a valid field beside an unknown one', { title: 'x', runId: 'b' }],
      ['not an object', 'x'],
      ['null', null],
    ])('are refused when the body is %s (P-181)', async (_what, body) => {
      expect(await codeOf(await change('a', body))).toEqual([400, 'request.invalid']);
      expect(await (await fetch(`${gateway.url}/api/runs/a`)).json()).toMatchObject({
        title: null,
        note: null,
      });
    });

    test('may have the largest name, tags, title and note, in any encoding', async () => {
      const escaped = (length: number): string => '\\ud83d\\ude00'.repeat(length);
      const tags = Array.from({ length: 20 }, (_, index) => `${escaped(38)}${10 + index}`);
      const body = `{"name":"${escaped(200)}","title":"${escaped(200)}","note":"${escaped(10_000)}","tags":${JSON.stringify(tags).replaceAll('\\\\', '\\')}}`;
      const answer = await fetch(`${gateway.url}/api/runs/a`, { method: 'PATCH', headers: json, body });
      const summary = (await answer.json()) as { name: string; note: string; tags: string[] };
      expect(answer.status).toBe(200);
      expect([summary.name, summary.note]).toEqual(['😀'.repeat(200), '😀'.repeat(10_000)]);
      expect(summary.tags).toHaveLength(20);
      expect(summary.tags[19]).toBe(`${'😀'.repeat(38)}29`);
    });

    test('are refused when they are not JSON, or larger than 136 kB (P-181)', async () => {
      const send = (body: string) =>
        fetch(`${gateway.url}/api/runs/a`, { method: 'PATCH', headers: json, body });
      for (const body of ['{"title":', '', '{"__proto__":{"title":"x"}}'])
        expect(await codeOf(await send(body))).toEqual([400, 'request.invalid']);
      const binary = new Uint8Array([...Buffer.from('{"title":"'), 0xff, ...Buffer.from('"}')]);
      const answer = await fetch(`${gateway.url}/api/runs/a`, {
        method: 'PATCH',
        headers: json,
        body: binary,
      });
      expect(await answer.json()).toMatchObject({
        code: 'request.invalid',
        detail: 'expected JSON in UTF-8',
      });
      expect((await send(JSON.stringify({ note: 'x'.repeat(140_000) }))).status).toBe(413);
    });

    test('are refused when they are compressed', async () => {
      const body = gzipSync('{"title":"compressed"}');
      const headers = { ...json, 'content-encoding': 'gzip' };
      const answer = await fetch(`${gateway.url}/api/runs/a`, { method: 'PATCH', headers, body });
      expect(answer.status).toBe(415);
      expect(await answer.json()).toMatchObject({
        code: 'request.invalid',
        detail: 'expected a body without compression: leave out Content-Encoding',
      });
    });

    test('are refused by name when a field is repeated, as some parsers take the first and others the last (P-11, S-29)', async () => {
      const body = '{"title":"first",\r\n "title" :\n"last"}';
      const answer = await fetch(`${gateway.url}/api/runs/a`, { method: 'PATCH', headers: json, body });
      expect(answer.status).toBe(400);
      expect(await answer.json()).toMatchObject({
        code: 'request.invalid',
        detail: 'expected each field once, got "title" twice',
      });
      expect(await (await fetch(`${gateway.url}/api/runs/a`)).json()).toMatchObject({ title: null });
    });

    test('are refused for an unknown run', async () => {
      expect(await codeOf(await change('c', { pinned: true }))).toEqual([404, 'run.not_found']);
      expect(await codeOf(await change('..%2Fa', { pinned: true }))).toEqual([400, 'request.invalid']);
    });
  });

  describe('deleting', () => {
    beforeEach(() => begin());

    test('removes the run with its folder, and no other run (P-172)', async () => {
      const [folder, other] = [makeFolder('a'), makeFolder('b')];
      const answer = await remove('a');
      expect(answer.status).toBe(200);
      expect(validate(runDeletionSchema, await answer.json())).toEqual({
        ok: true,
        value: { runId: 'a', folder: 'removed' },
      });
      expect([existsSync(folder), existsSync(other)]).toEqual([false, true]);
      expect(await listed()).toEqual(['b']);
      for (const path of ['', '/events', '/series', '/export.csv', '/model/model.json'])
        expect((await fetch(`${gateway.url}/api/runs/a${path}`)).status).toBe(404);
      expect(await codeOf(await remove('a'))).toEqual([404, 'run.not_found']);
    });

    test('accepts the content type JSON without a body', async () => {
      const answer = await fetch(`${gateway.url}/api/runs/a`, { method: 'DELETE', headers: json });
      expect([answer.status, await listed()]).toEqual([200, ['b']]);
    });

    test('leaves folders that do not belong to the run', async () => {
      const elsewhere = makeFolder('a', join(temporaryFolder(), 'a'));
      symlinkSync(elsewhere, join(runs, 'a'));
      const strange = makeFolder('a', join(runs, 'b'));
      for (const runId of ['a', 'b'])
        expect(await (await remove(runId)).json()).toEqual({ runId, folder: 'none' });
      expect([existsSync(join(elsewhere, 'events.jsonl')), existsSync(strange)]).toEqual([true, true]);
    });

    test('is refused while the trainer is connected, and shortly after it disconnected (P-172)', async () => {
      const publisher = await publish(gateway.ingestUrl, run('c').slice(0, 4));
      expect(await codeOf(await remove('c'))).toEqual([409, 'run.busy']);
      publisher.connection.socket.close();
      await publisher.connection.closed;
      expect(await codeOf(await remove('c'))).toEqual([409, 'run.busy']);
      expect(await listed()).toContain('c');
    });

    test('is refused while a trainer that is not connected holds the folder', async () => {
      const lock = join(makeFolder('a'), 'lock');
      writeFileSync(lock, '{}');
      expect(await codeOf(await remove('a'))).toEqual([409, 'run.busy']);
      const longAgo = new Date(Date.now() - 120_000);
      utimesSync(lock, longAgo, longAgo);
      expect((await remove('a')).status).toBe(200);
    });

    test('allows a new run with the same id (P-182)', async () => {
      await remove('a');
      await publish(gateway.ingestUrl, run('a').slice(0, 2));
      expect(await (await fetch(`${gateway.url}/api/runs/a`)).json()).toMatchObject({
        lastSeq: 2,
        title: null,
      });
    });

    test('closes viewers of the run, and moves viewers of the latest run to the one before (P-86, P-127)', async () => {
      const ofRun = await connect(`${gateway.liveUrl}?run=b`);
      const ofLatest = await connect(gateway.liveUrl);
      for (const viewer of [ofRun, ofLatest]) await viewer.until(({ type }) => type === 'live');
      await remove('b');
      expect((await ofRun.closed).code).toBe(closeCodes.runDeleted.code);
      const received = await ofLatest.until(({ type }) => type === 'live');
      expect(received).toContainEqual({ type: 'removed', runId: 'b' });
      expect(received.find(({ type }) => type === 'hello')).toMatchObject({ run: { runId: 'a' } });
      expect(received.filter(({ seq, v }) => v && seq)).toHaveLength(run('a').length);
    });
  });

  describe('permission', () => {
    const everything = (headers = {}) =>
      Promise.all([change('a', { title: 'x' }, headers).then(codeOf), remove('c', headers).then(codeOf)]);

    test('needs the token when one is set (P-180, S-3)', async () => {
      await begin({ commandToken: 'sesame' });
      const unauthorized = [401, 'command.unauthorized'];
      expect(await everything()).toEqual([unauthorized, unauthorized]);
      expect(await everything({ authorization: 'Bearer sesamo' })).toEqual([unauthorized, unauthorized]);
      const authorization = 'Bearer sesame';
      expect((await change('a', { title: 'x' }, { authorization })).status).toBe(200);
      expect((await remove('a', { authorization })).status).toBe(200);
    });

    test('is off when other machines reach the port and no token is set (P-180, S-2)', async () => {
      await begin({ bind: '0.0.0.0' });
      expect(await everything()).toEqual([
        [403, 'command.off'],
        [403, 'command.off'],
      ]);
    });

    test('is refused to pages of other origins (S-7)', async () => {
      await begin();
      const forbidden = [403, 'request.forbidden'];
      for (const origin of ['http://evil.example', 'null', `${gateway.url.replace('http', 'https')}0`])
        expect(await everything({ origin })).toEqual([forbidden, forbidden]);
      expect((await change('a', { title: 'x' }, { origin: gateway.url })).status).toBe(200);
    });
  });
});

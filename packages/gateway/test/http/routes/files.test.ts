import { createHash, randomBytes } from 'node:crypto';
import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { eventLimits, type MonitorEvent, type RunSnapshots } from '@mnist-monitor/shared';
import { sampleRun } from '@mnist-monitor/shared/testing';
import { limits } from '../../../src/limits.ts';
import { RunFolders } from '../../../src/runs/run-folders.ts';
import { temporaryFolder } from '../../support/cleanup.ts';
import { startGateway, type TestGateway, type TestGatewayOptions } from '../../support/gateway.ts';
import { helloOf, openPublisher, publish } from '../../support/publisher.ts';
import { until } from '../../support/until.ts';

const digestOf = (content: Buffer): string => createHash('sha256').update(content).digest('hex');
const snapshot = randomBytes(470_000);
const digest = digestOf(snapshot);

describe('a file of a run', () => {
  let gateway: TestGateway;
  let ingest: string;
  let runs: string;

  async function start(options: TestGatewayOptions = {}): Promise<void> {
    runs = temporaryFolder();
    gateway = await startGateway({ runs, ...options });
    ingest = gateway.ingestUrl.replace('ws:', 'http:').replace('/ingest', '');
    const publisher = await publish(gateway.ingestUrl, sampleRun({ runId: 'a' }));
    publisher.connection.socket.close();
  }

  const put = (path: string, body: Buffer, headers: Record<string, string> = {}) =>
    fetch(`${ingest}/runs/${path}`, { method: 'PUT', body: new Uint8Array(body), headers });
  const get = (path: string, headers = {}) => fetch(`${gateway.url}/api/runs/${path}`, { headers });
  const filesIn = (kind: string): string[] =>
    existsSync(join(runs, 'a', kind)) ? readdirSync(join(runs, 'a', kind)) : [];
  const outcome = async (answer: Response): Promise<[number, string]> => {
    const { code } = (await answer.json()) as { code: string };
    return [answer.status, code];
  };

  describe('that its publisher sends', () => {
    beforeEach(() => start());

    test.each(['snapshots', 'test-images'])(
      'is stored in %s and served, with its digest as ETag (P-49, P-51, P-63, P-169, P-185)',
      async (kind) => {
        const path = `a/${kind}/${digest}`;
        expect((await put(path, snapshot)).status).toBe(201);
        expect((await put(path, snapshot)).status).toBe(204);
        const answer = await get(path);
        expect([answer.status, answer.headers.get('etag'), answer.headers.get('content-length')]).toEqual([
          200,
          `"${digest}"`,
          String(snapshot.length),
        ]);
        expect(digestOf(Buffer.from(await answer.arrayBuffer()))).toBe(digest);
        expect((await get(path, { 'if-none-match': `"${digest}"` })).status).toBe(304);
        expect((await fetch(`${ingest}/runs/${path}`, { method: 'DELETE' })).status).toBe(204);
        expect((await get(path)).status).toBe(404);
      },
    );

    test('is served in pieces, and may be kept, because its address names its content (P-61, P-62)', async () => {
      const path = `a/test-images/${digest}`;
      await put(path, snapshot);
      const whole = await get(path);
      await whole.arrayBuffer();
      const headers = ['accept-ranges', 'cache-control'].map((name) => whole.headers.get(name));
      expect(headers).toEqual(['bytes', 'private, max-age=31536000, immutable']);
      const read = async (range: string, others = {}) => {
        const answer = await get(path, { range, ...others });
        const content = Buffer.from(await answer.arrayBuffer());
        return [answer.status, answer.headers.get('content-range'), content] as const;
      };
      const size = snapshot.length;
      const expectPart = (start: number, end: number) => [
        206,
        `bytes ${start}-${end}/${size}`,
        snapshot.subarray(start, end + 1),
      ];
      expect(await read('bytes=784-1567')).toEqual(expectPart(784, 1567));
      expect(await read('bytes=469000-')).toEqual(expectPart(469_000, size - 1));
      expect(await read('bytes=-10')).toEqual(expectPart(size - 10, size - 1));
      expect(await read(`bytes=0-${size}`)).toEqual(expectPart(0, size - 1));
      expect(await read('bytes=0-9', { 'if-range': `"${digest}"` })).toEqual(expectPart(0, 9));
      for (const [range, others] of [
        ['bytes=0-9,20-29', {}],
        ['pages=0-9', {}],
        ['bytes=0-9', { 'if-range': '"other"' }],
      ] as const)
        expect(await read(range, others)).toEqual([200, null, snapshot]);
      for (const range of [`bytes=${size}-`, 'bytes=9-8', 'bytes=-0', 'bytes=-'])
        expect((await read(range)).slice(0, 2)).toEqual([416, `bytes */${size}`]);
    });

    test('is listed, if it is a snapshot with an event, until it is deleted (P-63, P-168)', async () => {
      const list = async () => {
        const answer = await get('a/snapshots');
        return ((await answer.json()) as RunSnapshots).snapshots;
      };
      expect(await list()).toEqual([]);
      const first = sampleRun({ runId: 'a' }).length + 1;
      const other = digestOf(Buffer.from('never stored'));
      const events = [digest, other].map((each, at) => ({
        ...{ v: 1, runId: 'a', seq: first + at, time: '2026-11-24T10:00:00.000Z', type: 'snapshot' },
        data: { step: 7 + at, epoch: 1, digest: each, bytes: snapshot.length, accuracy: 0.5 },
      }));
      const publisher = await openPublisher(gateway.ingestUrl, helloOf('a', { protocol: 2 }));
      publisher.send(events as MonitorEvent[]);
      await publisher.acked(first + 1);
      await put(`a/snapshots/${digest}`, snapshot);
      expect(await list()).toEqual([{ seq: first, time: events[0]!.time, ...events[0]!.data }]);
      await fetch(`${ingest}/runs/a/snapshots/${digest}`, { method: 'DELETE' });
      expect(await list()).toEqual([]);
      expect((await get('none/snapshots')).status).toBe(404);
    });

    test.each(['application/json', 'text/plain', 'application/octet-stream'])(
      'is stored as it is when its content type is %s',
      async (type) => {
        expect((await put(`a/snapshots/${digest}`, snapshot, { 'content-type': type })).status).toBe(201);
      },
    );

    test('is refused with another digest, and leaves nothing behind (P-53, S-16)', async () => {
      const other = digestOf(Buffer.from('other'));
      expect(await outcome(await put(`a/snapshots/${other}`, snapshot))).toEqual([400, 'file.invalid']);
      expect(filesIn('snapshots')).toEqual([]);
      expect((await get(`a/snapshots/${other}`)).status).toBe(404);
    });

    test.each([
      ['with its length', 'snapshots', eventLimits.snapshotBytes],
      ['in chunks', 'snapshots', eventLimits.snapshotBytes],
      ['with its length', 'test-images', eventLimits.testImageBytes],
      ['in chunks', 'test-images', eventLimits.testImageBytes],
    ])('is refused above the limit, sent %s as one of the %s (P-54, S-16)', async (how, kind, limit) => {
      const large = Buffer.alloc(limit + 1);
      const path = `${ingest}/runs/a/${kind}/${digestOf(large)}`;
      const body = how === 'in chunks' ? new Blob([new Uint8Array(large)]).stream() : new Uint8Array(large);
      const answer = await fetch(path, { method: 'PUT', body, duplex: 'half' } as RequestInit);
      expect(await outcome(answer)).toEqual([413, 'file.too_large']);
      expect(filesIn(kind)).toEqual([]);
      const largest = large.subarray(1);
      expect((await put(`a/${kind}/${digestOf(largest)}`, largest)).status).toBe(201);
    });

    test('is refused beyond 64 snapshots, also when many arrive at once, until one is deleted (P-55, S-16)', async () => {
      const contents = Array.from({ length: 70 }, (_, index) => Buffer.from(`snapshot ${index}`));
      const send = (content: Buffer) => put(`a/snapshots/${digestOf(content)}`, content);
      const answers = await Promise.all(contents.map(send));
      const refused = answers.filter(({ status }) => status !== 201);
      expect(refused).toHaveLength(6);
      expect(await outcome(refused[0]!)).toEqual([409, 'file.too_many']);
      expect(filesIn('snapshots')).toHaveLength(64);
      const stored = filesIn('snapshots')[0]!.split('.')[0];
      await fetch(`${ingest}/runs/a/snapshots/${stored}`, { method: 'DELETE' });
      expect((await send(contents[answers.indexOf(refused[0]!)]!)).status).toBe(201);
    });

    test('is refused as the third file of test images of its run, also when many arrive at once, until one is deleted (P-55, S-16)', async () => {
      const contents = Array.from({ length: 5 }, (_, index) => Buffer.from(`images ${index}`));
      const send = (content: Buffer) => put(`a/test-images/${digestOf(content)}`, content);
      const answers = await Promise.all(contents.map(send));
      const refused = answers.filter(({ status }) => status !== 201);
      expect(refused).toHaveLength(3);
      expect(await outcome(refused[0]!)).toEqual([409, 'file.too_many']);
      expect(filesIn('test-images')).toHaveLength(2);
      const [stored] = filesIn('test-images')[0]!.split('.');
      await fetch(`${ingest}/runs/a/test-images/${stored}`, { method: 'DELETE' });
      expect((await send(contents[answers.indexOf(refused[0]!)]!)).status).toBe(201);
    });

    test('is refused with 507 beyond the size that all files may have together, until some are deleted (P-58)', async () => {
      await gateway.close();
      await start({ limits: { uploadBytes: 1_000_000, uploadMeasureMs: 0 } });
      const publisher = await publish(gateway.ingestUrl, sampleRun({ runId: 'b' }));
      publisher.connection.socket.close();
      const [second, third] = [randomBytes(470_000), randomBytes(100_000)];
      expect((await put(`a/snapshots/${digest}`, snapshot)).status).toBe(201);
      expect((await put(`b/test-images/${digestOf(second)}`, second)).status).toBe(201);
      for (const body of [new Uint8Array(third), new Blob([new Uint8Array(third)]).stream()]) {
        const path = `${ingest}/runs/b/snapshots/${digestOf(third)}`;
        const answer = await fetch(path, { method: 'PUT', body, duplex: 'half' } as RequestInit);
        const problem = (await answer.json()) as { code: string; detail: string };
        expect([answer.status, problem.code]).toEqual([507, 'files.full']);
        expect(problem.detail).toContain('allow more with --uploads');
        expect(readdirSync(join(runs, 'b', 'snapshots'))).toEqual([]);
      }
      // A file that is there already, and one that fits, are accepted.
      expect((await put(`a/snapshots/${digest}`, snapshot)).status).toBe(204);
      const small = randomBytes(50_000);
      expect((await put(`b/snapshots/${digestOf(small)}`, small)).status).toBe(201);
      expect((await fetch(`${gateway.url}/api/runs/a`, { method: 'DELETE' })).status).toBe(200);
      expect((await put(`b/snapshots/${digestOf(third)}`, third)).status).toBe(201);
    });

    test('is refused beyond the size of all files also when many arrive at once (P-58)', async () => {
      await gateway.close();
      await start({ limits: { uploadBytes: 1_000_000 } });
      const contents = Array.from({ length: 12 }, () => randomBytes(200_000));
      const answers = await Promise.all(
        contents.map((content) => put(`a/snapshots/${digestOf(content)}`, content)),
      );
      expect(answers.filter(({ status }) => status === 201)).toHaveLength(5);
      expect(answers.filter(({ status }) => status === 507)).toHaveLength(7);
      expect(filesIn('snapshots')).toHaveLength(5);
    });

    test('counts when it was there before the start of the gateway, or was written or deleted by others (P-58)', async () => {
      await put(`a/snapshots/${digest}`, snapshot);
      await gateway.close();
      gateway = await startGateway({ runs, limits: { uploadBytes: 900_000, uploadMeasureMs: 0 } });
      ingest = gateway.ingestUrl.replace('ws:', 'http:').replace('/ingest', '');
      const other = randomBytes(470_000);
      expect(await outcome(await put(`a/snapshots/${digestOf(other)}`, other))).toEqual([507, 'files.full']);
      rmSync(join(runs, 'a', 'snapshots', `${digest}.safetensors`));
      expect((await put(`a/snapshots/${digestOf(other)}`, other)).status).toBe(201);
    });

    test('that a crash has left unfinished is removed, and one that may still arrive is not', async () => {
      await put(`a/snapshots/${digest}`, snapshot);
      await gateway.close();
      const unfinished = (id: number) =>
        `${'0'.repeat(64)}.safetensors.00000000-0000-0000-0000-00000000000${id}.partial`;
      const [old, recent] = [1, 2].map((id) => join(runs, 'a', 'snapshots', unfinished(id))) as [
        string,
        string,
      ];
      for (const path of [old, recent]) writeFileSync(path, 'part');
      const hourAgo = new Date(Date.now() - 3_600_000);
      utimesSync(old, hourAgo, hourAgo);
      gateway = await startGateway({ runs });
      ingest = gateway.ingestUrl.replace('ws:', 'http:').replace('/ingest', '');
      const other = randomBytes(1_000);
      expect((await put(`a/snapshots/${digestOf(other)}`, other)).status).toBe(201);
      expect([existsSync(old), existsSync(recent)]).toEqual([false, true]);
    });

    test('counts for --keep, which deletes it with its run (P-59)', async () => {
      await gateway.close();
      const keep = { bytes: 400_000 };
      await start({ keep, limits: { sweepIntervalMs: 20, uploadBytes: 500_000 } });
      const [small, third] = [randomBytes(300_000), randomBytes(150_000)];
      expect((await put(`a/snapshots/${digestOf(small)}`, small)).status).toBe(201);
      const next = await publish(gateway.ingestUrl, sampleRun({ runId: 'b' }));
      next.connection.socket.close();
      expect((await put(`b/snapshots/${digestOf(small)}`, small)).status).toBe(507);
      expect(existsSync(join(runs, 'a', 'snapshots'))).toBe(true);
      expect((await put(`b/test-images/${digestOf(third)}`, third)).status).toBe(201);
      await until(() => !existsSync(join(runs, 'a')));
      const putAgain = () => put(`b/snapshots/${digestOf(small)}`, small);
      let again = await putAgain();
      // The sweep may still be removing files, which is answered with a request to try again.
      while (again.status === 503) again = await putAgain();
      expect(again.status).toBe(201);
    });

    test('of test images is stored once for all runs of a data set, and counts once (P-50, P-60)', async () => {
      await gateway.close();
      await start({ limits: { uploadBytes: 600_000, uploadMeasureMs: 0 } });
      for (const runId of ['b', 'c'])
        (await publish(gateway.ingestUrl, sampleRun({ runId }))).connection.socket.close();
      const path = (runId: string) => join(runs, runId, 'test-images', `${digest}.bin`);
      expect((await put(`a/test-images/${digest}`, snapshot)).status).toBe(201);
      // Its bytes do not fit a second time; a sender of unknown length needs no space in advance.
      mkdirSync(join(runs, 'b', 'test-images'), { recursive: true });
      linkSync(path('a'), path('b'));
      expect((await put(`b/test-images/${digest}`, snapshot)).status).toBe(204);
      const other = randomBytes(50_000);
      for (const runId of ['a', 'b']) {
        expect((await put(`${runId}/test-images/${digestOf(other)}`, other)).status).toBe(201);
      }
      expect(readdirSync(join(runs, 'b', 'test-images'))).toHaveLength(2);
      const files = ['a', 'b'].map((runId) => join(runs, runId, 'test-images', `${digestOf(other)}.bin`));
      expect(new Set(files.map((file) => statSync(file).ino)).size).toBe(1);
      const head = (runId: string) =>
        fetch(`${ingest}/runs/${runId}/test-images/${digest}`, { method: 'HEAD' });
      expect([(await head('b')).status, (await head('c')).status]).toEqual([204, 404]);
      const folders = new RunFolders(runs, limits);
      expect(await folders.bytes('a')).toBe((snapshot.length + other.length) / 2);
      await fetch(`${gateway.url}/api/runs/a`, { method: 'DELETE' });
      expect(await folders.bytes('b')).toBe(snapshot.length + other.length);
      expect((await get(`b/test-images/${digest}`)).status).toBe(200);
      expect(readdirSync(join(runs, 'b', 'test-images'))).toHaveLength(2);
    });

    test('is refused for a run without events, an id that is none, and a name that is no digest (P-57, S-15)', async () => {
      expect(await outcome(await put(`b/snapshots/${digest}`, snapshot))).toEqual([404, 'run.not_found']);
      for (const path of [
        'a/snapshots/x',
        `..%2Fa/snapshots/${digest}`,
        `a/snapshots/${digest.toUpperCase()}`,
      ])
        expect(await outcome(await put(path, snapshot))).toEqual([400, 'request.invalid']);
      expect(existsSync(join(runs, 'b'))).toBe(false);
    });

    test('is neither written nor read through a link (S-17)', async () => {
      const outside = temporaryFolder();
      mkdirSync(join(runs, 'a'));
      symlinkSync(outside, join(runs, 'a', 'snapshots'));
      writeFileSync(join(outside, `${digest}.safetensors`), 'secret');
      expect((await put(`a/snapshots/${digest}`, snapshot)).status).toBe(503);
      expect((await get(`a/snapshots/${digest}`)).status).toBe(404);
      expect(readdirSync(outside)).toEqual([`${digest}.safetensors`]);
    });

    test('creates no folder through a link in place of the folder of its run (S-17)', async () => {
      const outside = temporaryFolder();
      symlinkSync(outside, join(runs, 'a'));
      expect((await put(`a/snapshots/${digest}`, snapshot)).status).toBe(503);
      expect(readdirSync(outside)).toEqual([]);
    });

    test('counts as bytes of the run, and is deleted with it; files of others stay (P-59)', async () => {
      await put(`a/snapshots/${digest}`, snapshot);
      await put(`a/test-images/${digest}`, snapshot);
      expect(await new RunFolders(runs, limits).bytes('a')).toBe(2 * snapshot.length);
      writeFileSync(join(runs, 'a', 'snapshots', 'notes.txt'), 'mine');
      const answer = await fetch(`${gateway.url}/api/runs/a`, { method: 'DELETE' });
      expect(await answer.json()).toEqual({ runId: 'a', folder: 'removed' });
      expect(readdirSync(join(runs, 'a'))).toEqual(['snapshots']);
      expect(filesIn('snapshots')).toEqual(['notes.txt']);
    });

    test('is deleted with its folder when that has nothing else', async () => {
      await put(`a/snapshots/${digest}`, snapshot);
      await fetch(`${gateway.url}/api/runs/a`, { method: 'DELETE' });
      expect(existsSync(join(runs, 'a'))).toBe(false);
    });
  });

  test('is disconnected, and leaves nothing, when its body does not arrive in time (P-56, S-16)', async () => {
    await start({ limits: { requestTimeoutMs: 300, headersTimeoutMs: 200, connectionsCheckMs: 50 } });
    const slow = request(`${ingest}/runs/a/snapshots/${digest}`, {
      method: 'PUT',
      headers: { 'content-length': snapshot.length },
    });
    slow.on('error', () => {});
    const closed = new Promise((resolve) => slow.once('close', resolve));
    slow.write(snapshot.subarray(0, 1_000));
    await until(() => filesIn('snapshots').length === 1);
    await closed;
    await until(() => filesIn('snapshots').length === 0);
    // The place of the file that did not arrive is free again. On a busy machine, a whole file may take too long as well.
    let status = 408;
    while (status === 408) ({ status } = await put(`a/snapshots/${digest}`, snapshot));
    expect(status).toBe(201);
  });

  test('needs the token for publishing, and too many wrong ones are refused (P-52, S-4, S-16)', async () => {
    const token = 'a token of 16 characters or more';
    runs = temporaryFolder();
    gateway = await startGateway({ runs, token, limits: { wrongTokenBurst: 2 } });
    ingest = gateway.ingestUrl.replace('ws:', 'http:').replace('/ingest', '');
    const path = `a/snapshots/${digest}`;
    expect(await outcome(await put(path, snapshot))).toEqual([401, 'publish.unauthorized']);
    const right = { authorization: `Bearer ${token}` };
    expect(await outcome(await put(path, snapshot, right))).toEqual([404, 'run.not_found']);
    const wrong = { authorization: 'Bearer wrong' };
    for (const expected of [401, 401, 429]) expect((await put(path, snapshot, wrong)).status).toBe(expected);
    expect(existsSync(join(runs, 'a'))).toBe(false);
  });
});

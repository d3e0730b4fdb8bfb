import { createHash } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { publishedFilePath } from '@mnist-monitor/shared';
import { FileUploads } from '../../src/runner/file-uploads.ts';
import type { PublishedFileName } from '../../src/storage/published-file.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const token = 'a token of 16 characters';

describe('the files of a run', () => {
  const folder = temporaryFolder();
  let server: Server;
  let uploads: FileUploads;
  let problems: string[];
  /** The requests so far, such as `PUT snapshots 1`, where 1 is the number of the file. */
  let requests: string[];
  /** Paths of the files that the gateway has. */
  let stored: Map<string, string>;
  /** The answers to the next requests with a body, before these succeed: a status and a code. */
  let failures: [status: number, code: string][];

  const file = (number: number, kind: PublishedFileName['kind'] = 'snapshots'): PublishedFileName => {
    const content = `content ${number}`;
    const digest = createHash('sha256').update(content).digest('hex');
    const path = join(folder.path, publishedFilePath(kind, digest));
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
    return { kind, digest };
  };

  async function answer(request: IncomingMessage): Promise<[status: number, body?: object]> {
    const { method, url = '', headers } = request;
    const parts: string[] = [];
    for await (const chunk of request) parts.push(String(chunk));
    const body = parts.join('');
    requests.push(`${method} ${url.split('/').at(-2)} ${body.split(' ')[1] ?? ''}`.trim());
    if (headers.authorization !== `Bearer ${token}`) return [401, { code: 'publish.unauthorized' }];
    if (method === 'HEAD') return [stored.has(url) ? 204 : 404];
    const [status, code] = failures.shift() ?? [];
    if (status) return [status, { title: '', status, code, detail: `refused with ${code}` }];
    stored.set(url, body);
    return [201];
  }

  beforeEach(async () => {
    [problems, requests, stored, failures] = [[], [], new Map(), []];
    server = createServer((request, response) => {
      void answer(request).then(([status, body]) =>
        response.writeHead(status).end(body && JSON.stringify(body)),
      );
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    uploads = create();
  });
  afterEach(() => {
    uploads.cancel();
    server.closeAllConnections();
    server.close();
  });

  const create = (options: { token?: string; retryMs?: (attempt: number) => number } = {}): FileUploads => {
    const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/monitor/ingest`;
    return new FileUploads({
      identity: { url, address: url, publisherId: 'publisher', token: options.token ?? token },
      runId: 'run',
      folder: folder.path,
      onProblem: (problem) => problems.push(problem),
      retryMs: options.retryMs ?? (() => 0),
    });
  };
  const finished = () => uploads.close(new AbortController().signal);
  /** Returns the contents of the stored files as soon as there are `count`, and the uploads have received the answers. */
  const finishedSending = async (count: number): Promise<string[]> => {
    await until(() => stored.size === count);
    for (let turn = 0; turn < 50; turn++) await new Promise(setImmediate);
    return [...stored.values()];
  };

  test('are sent beside the ingest address with the token, when the gateway has the first event', async () => {
    const [images, snapshot] = [file(1, 'test-images'), file(2)];
    uploads.add(images);
    uploads.add(snapshot);
    expect(requests).toEqual([]);
    uploads.start();
    expect(await finished()).toBe(0);
    expect([...stored]).toEqual([
      [`/monitor/runs/run/test-images/${images.digest}`, 'content 1'],
      [`/monitor/runs/run/snapshots/${snapshot.digest}`, 'content 2'],
    ]);
    expect(problems).toEqual([]);
  });

  test('are not sent when the gateway has them, as one that shares the folder of runs', async () => {
    const snapshot = file(1);
    stored.set(`/monitor/runs/run/snapshots/${snapshot.digest}`, 'content 1');
    uploads.add(snapshot);
    uploads.start();
    expect(await finished()).toBe(0);
    expect(requests).toEqual(['HEAD snapshots']);
  });

  test('are sent again after a failure that may pass, and before the gateway has the run', async () => {
    failures = [
      [503, 'store.failing'],
      [429, 'request.too_many'],
      [404, 'run.not_found'],
    ];
    uploads.add(file(1));
    uploads.start();
    expect(await finished()).toBe(0);
    expect(requests.filter((each) => each.startsWith('PUT'))).toHaveLength(4);
    expect([...stored.values()]).toEqual(['content 1']);
  });

  test.each([
    [409, 'file.too_many'],
    [413, 'file.too_large'],
    [507, 'files.full'],
    [404, 'request.not_found'],
  ])('are left out one by one when the gateway answers with %i %s, with one line', async (status, code) => {
    failures = [
      [status, code],
      [status, code],
    ];
    for (const number of [1, 2, 3]) uploads.add(file(number));
    uploads.start();
    expect(await finished()).toBe(0);
    expect([...stored.values()]).toEqual(['content 3']);
    expect(problems).toEqual([`refused with ${code}`]);
  });

  test('are no longer sent after a wrong token', async () => {
    uploads = create({ token: 'a wrong token of 16 characters' });
    uploads.add(file(1));
    uploads.add(file(2));
    uploads.start();
    expect(await finished()).toBe(1);
    expect(requests).toEqual(['HEAD snapshots', 'PUT snapshots 1']);
    expect(problems).toHaveLength(1);
  });

  test('are sent again at once when the gateway is connected again', async () => {
    let waiting = (): void => {};
    const isWaiting = new Promise<void>((resolve) => {
      waiting = resolve;
    });
    failures = [[503, 'store.failing']];
    uploads = create({
      retryMs: () => {
        waiting();
        return 3_600_000;
      },
    });
    uploads.add(file(1));
    uploads.start();
    await isWaiting;
    // The delay begins after this turn of the event loop.
    await new Promise(setImmediate);
    uploads.start();
    expect(await finished()).toBe(0);
    expect([...stored.values()]).toEqual(['content 1']);
  });

  test('are sent again when the gateway has lost the run, and left out when the folder was removed', async () => {
    uploads.add(file(1));
    uploads.start();
    await finished();
    uploads = create();
    uploads.add(file(1));
    uploads.add(file(2));
    uploads.start();
    await until(() => stored.size === 2);
    stored.clear();
    uploads.restart();
    uploads.start();
    expect(await finished()).toBe(0);
    expect([...stored.values()]).toEqual(expect.arrayContaining(['content 1', 'content 2']));
    stored.clear();
    rmSync(folder.path, { recursive: true });
    uploads = create();
    uploads.add({ kind: 'snapshots', digest: '0'.repeat(64) });
    uploads.start();
    expect(await finished()).toBe(0);
    expect(stored.size).toBe(0);
  });

  test('do not keep a process that ends waiting for a gateway that is gone', async () => {
    uploads.add(file(1));
    expect(await uploads.close(AbortSignal.abort())).toBe(1);
    expect(requests).toEqual([]);
  });

  test('are given up 5 s after the process has begun to end', async () => {
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] });
    try {
      const [isAsked, asked] = gate();
      failures = Array(9).fill([503, 'store.failing']);
      uploads = create({
        retryMs: () => {
          asked();
          return 3_600_000;
        },
      });
      uploads.add(file(1));
      uploads.start();
      await isAsked;
      const ending = new AbortController();
      let unsent: number | undefined;
      const closed = uploads.close(ending.signal).then((count) => {
        unsent = count;
      });
      jest.advanceTimersByTime(60_000);
      await new Promise(setImmediate);
      expect(unsent).toBeUndefined();
      ending.abort();
      jest.advanceTimersByTime(5_000);
      await closed;
      expect(unsent).toBe(1);
    } finally {
      jest.useRealTimers();
    }
  });

  test('are tried again after delays that grow, and that begin again with the next file', async () => {
    const attempts: number[] = [];
    uploads = create({
      retryMs: (attempt) => {
        attempts.push(attempt);
        return 0;
      },
    });
    failures = [
      [503, 'store.failing'],
      [503, 'store.failing'],
    ];
    uploads.add(file(1));
    uploads.start();
    expect(await finished()).toBe(0);
    expect(attempts).toEqual([0, 1]);
  });

  test('are sent also when they are added after all others were sent', async () => {
    uploads.add(file(1));
    uploads.start();
    expect(await finishedSending(1)).toEqual(['content 1']);
    uploads.add(file(2));
    expect(await finishedSending(2)).toEqual(['content 1', 'content 2']);
  });

  test('are sent over TLS to a gateway whose address begins with wss', async () => {
    const addresses: string[] = [];
    jest.spyOn(globalThis, 'fetch').mockImplementation(async (url) => {
      addresses.push(String(url).replace(/[0-9a-f]{64}$/, ''));
      return new Response(null, { status: 204 });
    });
    const url = 'wss://monitor.example:444/a/ingest/';
    uploads = new FileUploads({
      ...{ identity: { url, address: url, publisherId: 'p' }, runId: 'run', folder: folder.path },
      onProblem() {},
    });
    uploads.add(file(1));
    uploads.start();
    expect(await finished()).toBe(0);
    jest.restoreAllMocks();
    expect(addresses).toEqual(['https://monitor.example:444/a/runs/run/snapshots/']);
  });
});

/** Resolves as soon as a condition holds. */
async function until(isDone: () => boolean): Promise<void> {
  while (!isDone()) await new Promise(setImmediate);
}

/** Returns a promise, and a function that resolves it. */
function gate(): [opened: Promise<void>, open: () => void] {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return [opened, open];
}

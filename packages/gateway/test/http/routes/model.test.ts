import { mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { sampleRun } from '@mnist-monitor/shared/testing';
import { temporaryFolder } from '../../support/cleanup.ts';
import { startGateway, type TestGateway } from '../../support/gateway.ts';
import { publish } from '../../support/publisher.ts';

describe('a saved model', () => {
  let gateway: TestGateway;
  let runs: string;
  beforeEach(async () => {
    runs = temporaryFolder();
    mkdirSync(join(runs, 'a', 'model'), { recursive: true });
    writeFileSync(join(runs, 'secret.json'), 'secret');
    writeFileSync(join(runs, 'a', 'run.json'), 'secret');
    writeFileSync(join(runs, 'a', 'model', 'model.json'), '{"format":"layers-model"}');
    writeFileSync(join(runs, 'a', 'model', 'weights.bin'), Buffer.from([1, 2, 3]));
    writeFileSync(join(runs, 'a', 'model', 'weights.bin.partial'), 'half');
    writeFileSync(join(runs, 'a', 'mnist_cnn.safetensors'), 'tensors');
    gateway = await startGateway({ runs });
  });
  const get = (path: string, headers = {}) => fetch(`${gateway.url}/api/runs/${path}`, { headers });

  test.each([
    ['model.json', 'application/json; charset=utf-8', '{"format":"layers-model"}'],
    ['weights.bin', 'application/octet-stream', '\u0001\u0002\u0003'],
    ['mnist_cnn.safetensors', 'application/octet-stream', 'tensors'],
  ])('is served: %s (P-170)', async (file, type, content) => {
    const answer = await get(`a/model/${file}`);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe(type);
    expect(answer.headers.get('content-length')).toBe(String(content.length));
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    expect(await answer.text()).toBe(content);
  });

  test('is answered with 304 until the trainer replaces it (P-185)', async () => {
    const first = await get('a/model/weights.bin');
    expect(first.headers.get('cache-control')).toBe('no-cache');
    const known = { 'if-none-match': first.headers.get('etag')! };
    expect((await get('a/model/weights.bin', known)).status).toBe(304);
    writeFileSync(join(runs, 'next'), Buffer.from([4, 5, 6]));
    renameSync(join(runs, 'next'), join(runs, 'a', 'model', 'weights.bin'));
    expect((await get('a/model/weights.bin', known)).status).toBe(200);
  });

  test.each([
    'a/model/weights.bin.partial',
    'a/model/other.json',
    'a/model/run.json',
    'a/model/..%2Frun.json',
    'a/model/..%2F..%2Fsecret.json',
    'a/model/%2e%2e%2frun.json',
    'a/model/..%5Crun.json',
    'a/model/',
    'a/model/%00',
    'b/model/model.json',
    '..%2Fa/model/model.json',
    '%2e%2e/model/model.json',
  ])('does not expose other files: %s (S-15)', async (path) => {
    const answer = await get(path);
    expect([400, 404]).toContain(answer.status);
    expect(await answer.text()).not.toContain('secret"');
  });

  test('is never served through a link (S-17)', async () => {
    symlinkSync(join(runs, 'secret.json'), join(runs, 'a', 'model', 'link.json'));
    symlinkSync(join(runs, 'a'), join(runs, 'linked'));
    mkdirSync(join(runs, 'c'));
    symlinkSync(join(runs, 'a', 'model'), join(runs, 'c', 'model'));
    for (const path of ['a/model/link.json', 'linked/model/model.json', 'c/model/model.json'])
      expect((await get(path)).status).toBe(404);
  });

  test('is announced in the summary of the run', async () => {
    for (const runId of ['a', 'b']) await publish(gateway.ingestUrl, sampleRun({ runId }).slice(0, 2));
    const answer = (await (await fetch(`${gateway.url}/api/runs`)).json()) as {
      runs: { runId: string; model: boolean }[];
    };
    expect(answer.runs.map(({ runId, model }) => [runId, model])).toEqual([
      ['b', false],
      ['a', true],
    ]);
  });
});

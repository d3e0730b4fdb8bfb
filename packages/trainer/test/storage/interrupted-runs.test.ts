import { mkdirSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { type EventOf, encode, type FinishedStatus } from '@mnist-monitor/shared';
import { sampleRun } from '@mnist-monitor/shared/testing';
import { findInterrupted, findLastInterrupted } from '../../src/storage/interrupted-runs.ts';
import { recipes } from '../../src/training/recipe.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const training = { epochs: 4, batchSize: 16, seed: 1, ...recipes.default };
const whole = sampleRun({ epochs: 1 });
const finished = whole.at(-1) as EventOf<'run.finished'>;

describe('findInterrupted', () => {
  const runs = temporaryFolder();
  const keep = (runId: string, events = whole, description: object = training): void => {
    mkdirSync(join(runs.path, runId));
    writeFileSync(join(runs.path, runId, 'run.json'), JSON.stringify(description));
    writeFileSync(
      join(runs.path, runId, 'events.jsonl'),
      events.map((event) => `${encode(event)}\n`).join(''),
    );
  };
  const refusal = (message: string) => expect.objectContaining({ code: 'run.not_found', message });

  beforeEach(() => {
    keep('20260101-000000-aaaa', whole.slice(0, 5));
    keep('20260102-000000-bbbb', whole.slice(0, 9), { ...training, epochs: 7, engine: 'wasm' });
    keep('20260103-000000-cccc');
    writeFileSync(join(runs.path, 'monitor.db'), '');
  });

  test('finds the last that was cut short, with how it was trained', () => {
    expect(findLastInterrupted(runs.path)).toEqual({
      runId: '20260102-000000-bbbb',
      training: { ...training, epochs: 7 },
    });
  });

  test('takes the one that is named', () => {
    expect(findInterrupted(runs.path, '20260101-000000-aaaa').training).toEqual(training);
  });

  test('finds a run that said itself that it was interrupted, and none that was stopped or has failed', () => {
    const ending = (status: FinishedStatus) => [
      ...whole.slice(0, -1),
      { ...finished, data: { ...finished.data, status } },
    ];
    keep('20260104-000000-dddd', ending('interrupted'));
    keep('20260105-000000-eeee', ending('stopped'));
    keep('20260106-000000-ffff', ending('failed'));
    expect(findLastInterrupted(runs.path)?.runId).toBe('20260104-000000-dddd');
    expect(findInterrupted(runs.path, '20260105-000000-eeee').runId).toBe('20260105-000000-eeee');
  });

  test('passes over a run that another process is on', () => {
    const lock = { pid: process.ppid, host: hostname(), id: 'another' };
    writeFileSync(join(runs.path, '20260102-000000-bbbb', 'lock'), JSON.stringify(lock));
    expect(findLastInterrupted(runs.path)?.runId).toBe('20260101-000000-aaaa');
  });

  const damages: [what: string, text: string, got: RegExp][] = [
    ['empty', '', /expected JSON/],
    ['cut short', '{"epochs":4,"batch', /expected JSON/],
    ['of something else', '{"epochs":4}', /batchSize/],
  ];
  test.each(damages)('passes over a run whose description is %s', (_what, text) => {
    writeFileSync(join(runs.path, '20260102-000000-bbbb', 'run.json'), text);
    expect(findLastInterrupted(runs.path)?.runId).toBe('20260101-000000-aaaa');
  });

  test.each(damages)(
    'says of a run that is named what its description is when it is %s',
    (_what, text, got) => {
      const path = join(runs.path, '20260102-000000-bbbb', 'run.json');
      writeFileSync(path, text);
      const named = () => findInterrupted(runs.path, '20260102-000000-bbbb');
      expect(named).toThrow(
        expect.objectContaining({ code: 'run.damaged', message: expect.stringMatching(got) }),
      );
      expect(named).toThrow(
        new RegExp(`^${path}: expected how the run was trained, .*; it cannot go on, begin a new run$`),
      );
    },
  );

  test('finds none where there is none', () => {
    expect(findLastInterrupted(join(runs.path, 'none'))).toBeUndefined();
  });

  test('says why there is none', () => {
    const expected = '--resume: expected a run that was cut short,';
    const path = join(runs.path, 'none');
    expect(() => findInterrupted(runs.path, 'none')).toThrow(refusal(`${expected} found none at ${path}`));
    const done = '20260103-000000-cccc';
    expect(() => findInterrupted(runs.path, done)).toThrow(refusal(`${expected} but ${done} was completed`));
  });
});

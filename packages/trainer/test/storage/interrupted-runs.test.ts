import { mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { type Version1EventOf as EventOf, encode, type FinishedStatus } from '@mnist-monitor/shared';
import { sampleRun } from '@mnist-monitor/shared/testing';
import { recipes } from '../../src/recipe.ts';
import { findInterruptedRun, findLastInterruptedRun } from '../../src/storage/interrupted-runs.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const settings = {
  recipe: 'default',
  ...recipes.default,
  epochs: 4,
  batchSize: 16,
  seed: 1,
  precision: 'bfloat16',
  inside: 'on',
};
const whole = sampleRun({ epochs: 1 });
const finished = whole.at(-1) as EventOf<'run.finished'>;

describe('interrupted runs', () => {
  const runs = temporaryFolder();
  const store = (runId: string, events = whole, description: object = settings): void => {
    mkdirSync(join(runs.path, runId));
    writeFileSync(join(runs.path, runId, 'run.json'), JSON.stringify(description));
    writeFileSync(
      join(runs.path, runId, 'events.jsonl'),
      events.map((event) => `${encode(event)}\n`).join(''),
    );
  };
  const refusal = (message: string) => expect.objectContaining({ code: 'run.not_found', message });

  beforeEach(() => {
    store('20260101-000000-aaaa', whole.slice(0, 5));
    store('20260102-000000-bbbb', whole.slice(0, 9), { ...settings, epochs: 7, engine: 'wasm' });
    store('20260103-000000-cccc');
    writeFileSync(join(runs.path, 'monitor.db'), '');
  });

  test('the newest one is found, with its settings', () => {
    expect(findLastInterruptedRun(runs.path)).toEqual({
      runId: '20260102-000000-bbbb',
      settings: { ...settings, epochs: 7, classNames: [...'0123456789'] },
    });
  });

  test('one is found by its id', () => {
    const classNames = [...'0123456789']; // Those of a run that began before runs stored their classes.
    expect(findInterruptedRun(runs.path, '20260101-000000-aaaa').settings).toEqual({
      ...settings,
      classNames,
    });
    store('20260104-000000-dddd', whole.slice(0, 5), { ...settings, classNames: ['cat', 'dog'] });
    expect(findInterruptedRun(runs.path, '20260104-000000-dddd').settings.classNames).toEqual(['cat', 'dog']);
  });

  test('one that was started before precisions could be chosen is trained in float32', () => {
    const { precision: _none, ...older } = settings;
    store('20260104-000000-eeee', whole.slice(0, 5), older);
    expect(findInterruptedRun(runs.path, '20260104-000000-eeee').settings.precision).toBe('float32');
  });

  test('a run that was stopped or has failed is found only by its id', () => {
    const ending = (status: FinishedStatus) => [
      ...whole.slice(0, -1),
      { ...finished, data: { ...finished.data, status } },
    ];
    store('20260104-000000-dddd', ending('interrupted'));
    store('20260105-000000-eeee', ending('stopped'));
    store('20260106-000000-ffff', ending('failed'));
    expect(findLastInterruptedRun(runs.path)?.runId).toBe('20260104-000000-dddd');
    expect(findInterruptedRun(runs.path, '20260105-000000-eeee').runId).toBe('20260105-000000-eeee');
  });

  test('a run that another process has locked is skipped', () => {
    const lock = { pid: process.ppid, host: hostname(), id: 'another' };
    writeFileSync(join(runs.path, '20260102-000000-bbbb', 'lock'), JSON.stringify(lock));
    expect(findLastInterruptedRun(runs.path)?.runId).toBe('20260101-000000-aaaa');
  });

  const damages: [what: string, text: string, got: RegExp][] = [
    ['empty', '', /expected JSON/],
    ['incomplete', '{"epochs":4,"batch', /expected JSON/],
    ['without settings', '{"epochs":4}', /batchSize/],
  ];
  test.each(damages)('a run is skipped when its description is %s', (_what, text) => {
    writeFileSync(join(runs.path, '20260102-000000-bbbb', 'run.json'), text);
    expect(findLastInterruptedRun(runs.path)?.runId).toBe('20260101-000000-aaaa');
  });

  test.each(damages)(
    'a run that is requested by its id is refused with the reason when its description is %s',
    (_what, text, got) => {
      const path = join(runs.path, '20260102-000000-bbbb', 'run.json');
      writeFileSync(path, text);
      const find = () => findInterruptedRun(runs.path, '20260102-000000-bbbb');
      expect(find).toThrow(
        expect.objectContaining({ code: 'run.damaged', message: expect.stringMatching(got) }),
      );
      expect(find).toThrow(
        new RegExp(
          `^${path}: expected the settings of the run, .*; the run cannot be resumed, start a new one$`,
        ),
      );
    },
  );

  test('none is found in a folder without runs', () => {
    expect(findLastInterruptedRun(join(runs.path, 'none'))).toBeUndefined();
  });

  test('an id that cannot be resumed is refused with the reason', () => {
    const expected = '--resume: expected an interrupted run,';
    const path = join(runs.path, 'none');
    expect(() => findInterruptedRun(runs.path, 'none')).toThrow(refusal(`${expected} found none at ${path}`));
    const done = '20260103-000000-cccc';
    expect(() => findInterruptedRun(runs.path, done)).toThrow(
      refusal(`${expected} but ${done} was completed`),
    );
  });

  test('whose settings are a link cannot be resumed, and the error names the link', () => {
    const path = join(runs.path, '20260101-000000-aaaa', 'run.json');
    renameSync(path, join(runs.path, 'elsewhere.json'));
    symlinkSync(join(runs.path, 'elsewhere.json'), path);
    expect(() => findInterruptedRun(runs.path, '20260101-000000-aaaa')).toThrow(
      expect.objectContaining({
        code: 'run.damaged',
        message: `${path}: expected the settings of the run, got a link or a file that is not regular; the run cannot be resumed, start a new one`,
      }),
    );
  });
});

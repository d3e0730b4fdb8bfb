import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import type { EventBody } from '../../src/event-data.ts';
import { readEmittedProgress } from '../../src/storage/emitted-progress.ts';
import { EventLog } from '../../src/storage/event-log.ts';
import { RunFolder } from '../../src/storage/run-folder.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const note = (message: string): EventBody => ({
  type: 'notice',
  data: { level: 'info', code: 'test', message, step: null },
});

describe('readEmittedProgress', () => {
  const runs = temporaryFolder();
  const open = () => new EventLog({ runId: 'run', folder: RunFolder.open(runs.path, 'run') });

  /** Writes three events, edits the lines of the file, and opens the log again. */
  function openEdited(edit: (lines: string[]) => string[]): EventLog {
    RunFolder.create(runs.path, 'run');
    const log = open();
    for (const message of ['a', 'b', 'c']) log.append(note(message));
    log.close();
    writeFileSync(log.path, edit(readFileSync(log.path, 'utf8').split('\n')).join('\n'));
    return open();
  }

  test.each<[what: string, edit: (lines: string[]) => string[], line: number, found: string]>([
    ['zeros, as after a loss of power', ([a, b, c]) => [a, '\0'.repeat(b.length), c, ''], 2, '\\u0000'],
    ['zeros before an event', ([a, b, c]) => [a, `\0\0${b}`, c, ''], 2, '\\u0000'],
    ['text that is no event', ([a, b]) => [a, b, 'garbage', ''], 3, 'garbage'],
    ['a missing event', ([a, , c]) => [a, c, ''], 2, 'runId'],
    ['an event of another run', ([a, b, c]) => [a, b, c.replace('"run"', '"other"'), ''], 3, 'other'],
  ])('refuses a log with %s and names the line', (_what, edit, line, found) => {
    const log = openEdited(edit as never);
    expect(() => readEmittedProgress(log)).toThrow(
      expect.objectContaining({
        code: 'run.damaged',
        message: expect.stringMatching(
          new RegExp(`^${log.path}: expected event ${line} of run run in line ${line}, got .*`),
        ),
      }),
    );
    expect(() => readEmittedProgress(log)).toThrow(found);
    log.close();
  });

  test('accepts a log whose last event is incomplete, and events of another version', () => {
    const log = openEdited(([a, b, c]) => [
      a as string,
      (b as string).replace('notice', 'newer'),
      (c as string).slice(0, 20),
    ]);
    expect(readEmittedProgress(log)).toMatchObject({ step: 0 });
    expect(log.lastSeq).toBe(2);
    log.close();
  });

  test('counts epochs by their numbers, also after one that another version wrote', () => {
    RunFolder.create(runs.path, 'run');
    const log = open();
    for (const epoch of [1, 2])
      log.append({ type: 'epoch', data: { epoch, step: 8 * epoch } } as unknown as EventBody);
    log.close();
    const text = readFileSync(log.path, 'utf8');
    writeFileSync(log.path, text.replace('"type":"epoch"', '"type":"newer"'));
    const again = open();
    const { epochs } = readEmittedProgress(again);
    expect([epochs.length, epochs.at(-1)]).toEqual([2, { epoch: 2, step: 16 }]);
    again.close();
  });
});

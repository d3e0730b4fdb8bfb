import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { CommandResult } from '@mnist-monitor/shared';
import { Program } from './support/processes.ts';
import { temporaryFolder } from './support/temporary-folder.ts';
import { Viewer } from './support/viewer.ts';

/** Flags of a run that does not end during a test. */
const long = [
  ...['--engine', 'wasm', '--threads', '1', '--epochs', '1000', '--report-interval', '0'],
  ...['--train-size', '40', '--test-size', '20', '--batch-size', '4'],
];
const queueIds = ({ ok, ...result }: CommandResult): string[] | undefined =>
  'queue' in result ? result.queue?.map(({ queuedId }) => queuedId) : undefined;

describe('the queue of a trainer, through a gateway', () => {
  const folder = temporaryFolder();
  let viewers: Viewer[] = [];

  beforeEach(async () => {
    const gateway = Program.gateway(['--runs', folder.path, '--port', '0', '--ingest-port', '0']);
    const listening = await gateway.message<{ url: string; ingestUrl: string }>();
    Program.trainer(['--runs', folder.path, '--gateway', listening.ingestUrl, ...long]);
    // A viewer may send ten commands at once.
    viewers = Array.from({ length: 7 }, () => new Viewer(listening.url));
    await Promise.all(viewers.map((viewer) => viewer.until(() => viewer.batches.length > 0)));
  });
  afterEach(() => {
    for (const viewer of viewers) viewer.close();
  });

  test('answers a repeated start, a full queue and an unknown start each in one line', async () => {
    const [first, second, ...others] = viewers as [Viewer, Viewer, ...Viewer[]];
    const data = { epochs: 1, name: 'Again' };
    const added = await first.command('enqueue', data, { id: 'enqueue-0', by: 'first' });
    expect(queueIds(added)).toEqual(['enqueue-0']);
    // The same id again is the same command, whatever it contains and whoever sends it.
    expect(await second.command('enqueue', { epochs: 2 }, { id: 'enqueue-0' })).toEqual(added);
    expect(await first.command('listQueue')).toMatchObject({
      ok: true,
      queue: [{ queuedId: 'enqueue-0', data, by: 'first' }],
    });

    const ids = Array.from({ length: 49 }, (_, index) => `enqueue-${index + 1}`);
    const answers = await Promise.all(
      ids.map((id, index) => others[Math.floor(index / 10)]!.command('enqueue', { epochs: 1 }, { id })),
    );
    expect(answers.filter(({ ok }) => !ok)).toEqual([]);
    expect(await first.command('enqueue', { epochs: 1 })).toMatchObject({
      ...{ ok: false, code: 'command.refused' },
      message: 'expected at most 50 starts in the queue, which is full',
    });
    expect(queueIds(await first.command('listQueue'))).toHaveLength(50);

    const unknown = { queuedId: 'never-queued' };
    const refusal = {
      ...{ ok: false, code: 'command.refused' },
      message: 'expected a start that waits in the queue, got never-queued, which does not',
    };
    expect(await second.command('cancelQueued', unknown)).toMatchObject(refusal);
    expect(await second.command('moveQueued', { ...unknown, position: 0 })).toMatchObject(refusal);

    const left = queueIds(await second.command('cancelQueued', { queuedId: 'enqueue-0' }));
    expect(left).toHaveLength(49);
    expect(left).not.toContain('enqueue-0');
    expect(queueIds(await second.command('enqueue', { epochs: 1 }, { id: 'enqueue-50' }))?.at(-1)).toBe(
      'enqueue-50',
    );
  }, 120_000);
});

import { describe, expect, it } from '@jest/globals';
import type { MonitorEvent } from '@mnist-monitor/shared';
import { sampleRun } from '@mnist-monitor/shared/testing';
import { Player } from '../../../src/panels/replay/player.ts';
import { applyEvent, emptyRun } from '../../../src/state/run.ts';

const events = sampleRun({ epochs: 3, batchesPerEpoch: 20 });

describe('a replay', () => {
  it('shows the run as it was at each moment', () => {
    const player = new Player(events);
    expect(player.duration).toBeCloseTo(18);
    player.seek(6);
    expect(player.run.batch?.step).toBe(20);
    expect(player.run.finished).toBeNull();
    player.seek(99);
    expect(player.ended).toBe(true);
    expect(player.run.finished?.status).toBe('completed');
  });

  it('results in the same run as the live feed, also after seeking', () => {
    const live = emptyRun(events[0]?.runId ?? '');
    for (const event of events) applyEvent(live, event);
    const player = new Player(events);
    for (const position of [9, 3, 15, 1, 18]) player.seek(position);
    expect(player.run.steps.length).toBe(live.steps.length);
    expect([...player.run.steps.columns.loss.subarray(0, 60)]).toEqual([
      ...live.steps.columns.loss.subarray(0, 60),
    ]);
    expect(player.run.epochs).toEqual(live.epochs);
  });

  it('keeps the run object when seeking forwards, and replaces it when seeking backwards', () => {
    const player = new Player(events);
    const { run } = player;
    player.seek(5);
    expect(player.run).toBe(run);
    player.seek(2);
    expect(player.run).not.toBe(run);
    expect(player.run.batch?.step).toBe(6);
  });

  it('shortens a pause of eight hours to ten seconds', () => {
    const late = events.map(
      (event): MonitorEvent =>
        event.seq > 10
          ? { ...event, time: new Date(Date.parse(event.time) + 8 * 3_600_000).toISOString() }
          : event,
    );
    expect(new Player(late).duration).toBeLessThan(28);
  });
});

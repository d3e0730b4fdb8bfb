import { describe, expect, it } from '@jest/globals';
import type { LiveClientMessage } from '@mnist-monitor/shared';
import { sampleRun } from '@mnist-monitor/shared/testing';
import {
  availableControls,
  rateChanged,
  rateRefused,
} from '../../../src/panels/controls/available-controls.ts';
import type { Session } from '../../../src/state/session.ts';
import { connectedInputs, sessionOf } from '../../support/session.ts';

const events = sampleRun();
const commands = ['pause', 'resume', 'stop', 'setLearningRate'] as const;
const running = connectedInputs(events.slice(0, 40), { commands: [...commands] });
const at = (inputs: readonly LiveClientMessage[], change: Partial<Session> = {}) =>
  availableControls(Object.assign(sessionOf(inputs), change));

describe('the controls', () => {
  it('are those that the trainer takes', () => {
    expect(at(running)).toMatchObject({
      pause: 'pause',
      stop: true,
      setLearningRate: true,
      start: false,
      note: '',
    });
    expect(at(connectedInputs(events.slice(0, 40)))).toMatchObject({
      pause: null,
      stop: false,
      setLearningRate: false,
    });
  });

  it('offer to go on while the run is paused', () => {
    const session = sessionOf(running);
    if (session.run) session.run.paused = true;
    expect(availableControls(session).pause).toBe('resume');
  });

  it('are gone where they are not allowed, and say why', () => {
    const off = at(running, { commands: 'off' });
    expect(off).toMatchObject({ pause: null, stop: false, start: false });
    expect(off.note).toMatch(/--command-token/);
  });

  it('stay as they are while the connection is lost, and cannot be used', () => {
    const waiting = { name: 'waiting', retryInMs: 1_000, reason: 'lost' } as const;
    expect(at(running).usable).toBe(true);
    expect(at([...running, { type: 'connection', state: waiting }])).toEqual({
      ...at(running),
      usable: false,
    });
    const none = at([{ type: 'connection', state: waiting }]);
    expect(none).toMatchObject({ pause: null, stop: false, start: false, replay: false, note: '' });
  });

  it('are gone with the end of the run, which can then be played back', () => {
    expect(at(connectedInputs(events, { commands: [...commands] }))).toMatchObject({
      stop: false,
      replay: true,
    });
  });

  it('offer a new run where a trainer waits', () => {
    expect(at(connectedInputs([]), { waitingTrainers: 1 }).start).toBe(true);
    expect(at(connectedInputs([]), { waitingTrainers: 0 }).start).toBe(false);
  });

  it('say when the trainer is away', () => {
    expect(at(connectedInputs(events.slice(0, 40), { connected: false })).note).toMatch(/away/);
  });

  it('say in words what became of a learning rate', () => {
    const started = sessionOf(running).run?.started ?? null;
    const scheduled = started && { ...started, config: { ...started.config, schedule: 'one-cycle' } };
    expect(rateChanged(0.005, started)).toBe('Learning rate 0.005 from the next batch on.');
    expect(rateChanged(0.005, scheduled)).toBe('Peak of the learning rate: 0.005 from the next batch on.');
    expect(rateRefused).toBe('A learning rate is a number from 1e-8 to 100: it is left as it was.');
  });
});

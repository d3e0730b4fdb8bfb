import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { closeCodes, type MonitorEvent } from '@mnist-monitor/shared';
import { sampleRun } from '@mnist-monitor/shared/testing';
import { OtherRuns } from '../../src/net/other-runs.ts';
import { helloOf, summaryOf } from '../support/session.ts';

/** A connection of the page, from the side of the gateway. */
class FakeSocket {
  static all: FakeSocket[] = [];
  readonly runId: string;
  readyState = 1;
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;
  onerror: (() => void) | null = null;

  constructor(url: string | URL) {
    this.runId = new URL(url).searchParams.get('run') ?? '';
    FakeSocket.all.push(this);
  }

  send(): void {}

  close(code = 1_000): void {
    this.readyState = 3;
    this.onclose?.({ code });
  }

  receive(message: unknown): void {
    this.onmessage?.({ data: JSON.stringify(message) });
  }

  /** Sends a hello, these events, and that no more are stored. */
  sendAll(events: readonly MonitorEvent[]): void {
    this.onopen?.();
    this.receive(helloOf(summaryOf(this.runId, { lastSeq: events.length })));
    for (const event of events) this.receive({ ...event, runId: this.runId });
    this.receive({ type: 'live', seq: events.length });
  }
}

const connected = (): string[] => FakeSocket.all.map(({ runId }) => runId);
const open = (): string[] => FakeSocket.all.filter((each) => each.readyState === 1).map((each) => each.runId);
const socketOf = (runId: string): FakeSocket =>
  FakeSocket.all.findLast((socket) => socket.runId === runId) as FakeSocket;

describe('the runs that are compared', () => {
  const runIds = Array.from({ length: 11 }, (_, index) => `run-${index}`);
  const events = sampleRun({ epochs: 1, batchesPerEpoch: 5 });
  const { WebSocket, location } = globalThis;
  beforeAll(() => {
    Object.assign(globalThis, { WebSocket: FakeSocket, location: { href: 'http://page/' } });
  });
  afterAll(() => {
    Object.assign(globalThis, { WebSocket, location });
  });
  beforeEach(() => {
    FakeSocket.all = [];
  });

  it('are read three at a time, in order, and a run that has ended is not followed any more', () => {
    const others = new OtherRuns(() => {});
    others.follow(runIds);
    expect(connected()).toEqual(['run-0', 'run-1', 'run-2']);
    socketOf('run-1').sendAll(events);
    expect(connected()).toEqual(['run-0', 'run-1', 'run-2', 'run-3']);
    expect(open()).toEqual(['run-0', 'run-2', 'run-3']);
    for (const runId of runIds) if (runId !== 'run-1') socketOf(runId).sendAll(events);
    expect(connected()).toHaveLength(runIds.length);
    expect(open()).toEqual([]);
    expect(others.follow(runIds).map(({ run }) => run.steps.length)).toEqual(runIds.map(() => 5));
    others.follow([]);
  });

  it('that are still in training stay connected, and let the next ones be read', () => {
    const others = new OtherRuns(() => {});
    others.follow(runIds);
    for (const runId of runIds) socketOf(runId).sendAll(events.slice(0, 4));
    expect(open()).toEqual(runIds);
    // Each gives way to the others that are chosen instead.
    others.follow(['another']);
    expect(open()).toEqual(['another']);
    others.follow([]);
  });

  it('that do not exist or are deleted let the next ones be read, and say why', () => {
    const others = new OtherRuns(() => {});
    others.follow(runIds);
    socketOf('run-0').close(closeCodes.runNotFound.code);
    others.markDeleted('run-1');
    expect(connected().slice(3)).toEqual(['run-3', 'run-4']);
    const problems = others.follow(runIds).map(({ problem }) => problem);
    expect(problems[0]).not.toBe('');
    expect(problems[1]).toBe('Run run-1 was deleted.');
    others.follow([]);
  });

  it('keep a bounded number of points, with the first and the last one', () => {
    const others = new OtherRuns(() => {});
    others.follow(['long']);
    const long = sampleRun({ runId: 'long', epochs: 1, batchesPerEpoch: 70_000 });
    socketOf('long').sendAll(long);
    const [other] = others.follow(['long']);
    const steps = other?.run.steps;
    expect(steps?.length).toBeLessThanOrEqual(2 ** 16);
    expect([steps?.x[0], steps?.last('step')]).toEqual([1, 70_000]);
    others.follow([]);
  });
});

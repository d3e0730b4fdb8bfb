import type { CommandName, LiveClient, LiveClientMessage, LiveClientOptions } from '@mnist-monitor/shared';
import { connectLive as connectValidating } from '@mnist-monitor/shared';
import { connectLive as connectTrusting } from '@mnist-monitor/shared/browser';
import { WebSocket } from 'ws';
import type { CommandRecord } from './oracle.ts';
import { type Scheduler, SimProcess } from './scheduler.ts';

/** The feed that a viewer requests. */
export interface ViewerPlan {
  run: string;
  types?: LiveClientOptions['types'];
  maxRate?: number;
  complete?: boolean;
  validates: boolean;
  /** Whether its network is slow: what the gateway sends waits for it. */
  isSlow?: boolean;
}

export interface ViewerOptions {
  index: number;
  scheduler: Scheduler;
  url: string;
  plan: ViewerPlan;
  onInvalid(description: string): void;
  onError(error: unknown): void;
}

/** The events of one run that a page would show, kept as the protocol says. */
export interface Feed {
  runId: string | undefined;
  stream: string | undefined;
  events: Map<number, string>;
  gaps: { from: number; to: number }[];
  /** Every event up to this seq was received, or is in a gap. */
  liveSeq: number;
  /** The seq of the last event. */
  lastSeq: number;
}

/** The last status that a viewer has received of a run. */
export interface ShownStatus {
  status: string;
  connected: boolean;
}

/** A viewer in a process of its own, with the live client of the page. */
export class ViewerProcess {
  readonly plan: ViewerPlan;
  readonly index: number;
  readonly process: SimProcess;
  feed: Feed = { runId: undefined, stream: undefined, events: new Map(), gaps: [], liveSeq: 0, lastSeq: 0 };
  state = 'new';
  closeCode: string | undefined;
  statuses = new Map<string, ShownStatus>();
  storeState = 'ok';
  waitingTrainers = 0;
  /** The number of viewers; undefined until a status has arrived over the current connection. */
  viewers: number | undefined;
  readonly #options: ViewerOptions;
  #client: LiveClient | undefined;

  constructor(options: ViewerOptions) {
    const { index, scheduler, plan } = options;
    this.#options = options;
    this.index = index;
    this.plan = plan;
    this.process = new SimProcess(`viewer ${index}`, { host: `viewer ${index}`, startedAt: scheduler.now });
  }

  start(): void {
    const { scheduler, url, plan, onInvalid, onError } = this.#options;
    const connect = plan.validates ? connectValidating : connectTrusting;
    const begin = (): void => {
      try {
        this.#client = connect({
          url,
          run: plan.run,
          ...(plan.types && { types: plan.types }),
          ...(plan.maxRate !== undefined && { maxRate: plan.maxRate }),
          ...(plan.complete !== undefined && { complete: plan.complete }),
          WebSocket: WebSocket as unknown as NonNullable<LiveClientOptions['WebSocket']>,
          onMessage: (message) => this.#receive(message),
          onInvalid,
        });
      } catch (error) {
        onError(error);
      }
    };
    scheduler.schedule(0, begin, this.process);
  }

  close(): void {
    this.#options.scheduler.schedule(0, () => this.#client?.close(), this.process);
  }

  /** Sends a command, and notes in its record the run that it is for and the result. */
  command(
    name: CommandName,
    { data, ...options }: { data?: object; id: string; by: string; runId?: string },
    record: CommandRecord,
  ): void {
    const send = (): void => {
      record.runId ??= this.feed.runId;
      const target = record.runId === undefined ? options : { ...options, runId: record.runId };
      record.pending++;
      record.sentAt = this.#options.scheduler.now;
      this.#client
        ?.command(name, (data ?? {}) as never, name === 'start' ? options : target)
        .then((result) => {
          record.pending--;
          record.results.push(result);
        }, this.#options.onError);
    };
    this.#options.scheduler.schedule(0, send, this.process);
  }

  #receive(message: LiveClientMessage): void {
    switch (message.type) {
      case 'connection':
        this.state = message.state.name;
        if (message.state.name === 'closed') this.closeCode = message.state.code;
        if (message.state.name !== 'open') {
          this.statuses.clear();
          this.viewers = undefined;
        }
        break;
      case 'hello': {
        const { run, restart, after = 0 } = message;
        if (run?.runId !== this.feed.runId || restart !== undefined)
          this.feed = {
            runId: run?.runId,
            stream: run?.stream,
            events: new Map(),
            gaps: [],
            liveSeq: after,
            lastSeq: after,
          };
        this.feed.stream = run?.stream;
        this.storeState = 'ok';
        this.waitingTrainers = message.waitingTrainers;
        if (run) this.statuses.set(run.runId, { status: run.status, connected: run.connected });
        break;
      }
      case 'event':
        if (message.event.runId !== this.feed.runId || message.event.seq <= this.feed.lastSeq)
          this.#options.onError(
            new Error(
              `viewer ${this.index} gets ${message.event.runId} ${message.event.seq} after ${this.feed.runId} ${this.feed.lastSeq}`,
            ),
          );
        this.feed.lastSeq = message.event.seq;
        this.feed.events.set(message.event.seq, JSON.stringify(message.event));
        break;
      case 'gap':
        this.feed.gaps.push({ from: message.from, to: message.to });
        break;
      case 'live':
        this.feed.liveSeq = message.seq;
        break;
      case 'status': {
        const { runId, status, connected, viewers } = message;
        this.statuses.set(runId, { status, connected });
        this.viewers = viewers;
        break;
      }
      case 'store':
        this.storeState = message.state;
        break;
      case 'trainers':
        this.waitingTrainers = message.waiting;
        break;
      case 'removed':
        this.statuses.delete(message.runId);
        break;
    }
  }
}

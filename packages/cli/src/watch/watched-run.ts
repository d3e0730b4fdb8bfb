import type {
  ConnectionState,
  LiveClientMessage,
  LiveHello,
  MonitorEvent,
  RunSeries,
  RunSummary,
  StartingRun,
} from '@mnist-monitor/shared';
import { Curve } from './curve.ts';

/** Returns the state of the connection for people; `open` when there is nothing to say about it. */
function describeConnection(state: ConnectionState): string {
  switch (state.name) {
    case 'waiting':
      return `no connection (${state.reason}), next try in ${Math.ceil(state.retryInMs / 1_000)} s`;
    case 'closed':
      if (state.code === 'runDeleted') return 'This run was deleted. ← → shows another one.';
      if (state.code === 'runNotFound') return 'There is no such run any more. ← → shows another one.';
      return `The gateway has closed the feed: ${state.reason}`;
    default:
      return state.name;
  }
}

/** Most notices that are kept. */
const maxNotices = 50;

/** A notice of the run. */
export interface WatchedNotice {
  level: 'info' | 'warning' | 'error';
  message: string;
  step: number | null | undefined;
}

/** The state that the terminal shows: a run, its curves, and the connection. */
export class WatchedRun {
  /** The run with its newest batch and epoch; null while there is none. */
  run: RunSummary | null = null;
  loss = new Curve();
  testAccuracy = new Curve();
  notices: WatchedNotice[] = [];
  /** Number of columns and cells of the newest confusion matrix; empty without one. */
  confusion: readonly (readonly number[])[] = [];
  /** Whether the gateway has said which run follows. */
  isKnown = false;
  connection = 'connecting';
  access: LiveHello['commands'] = 'off';
  storeProblem = '';
  /** The runs that trainers are preparing. */
  starting: readonly StartingRun[] = [];

  /** Applies a message of the live feed. */
  receive(message: LiveClientMessage): void {
    switch (message.type) {
      case 'connection':
        this.connection = describeConnection(message.state);
        return;
      case 'hello':
        return this.#enter(message);
      case 'trainers':
        this.starting = message.starting ?? [];
        return;
      case 'event':
        return this.#apply(message.event);
      case 'status':
        if (this.run?.runId === message.runId) {
          const { status, connected, commands } = message;
          this.run = { ...this.run, status, connected, commands };
        }
        return;
      case 'annotated':
        if (this.run?.runId === message.runId) {
          const { title, note, pinned, name, tags } = message;
          this.run = { ...this.run, title, note, pinned, name, tags };
        }
        return;
      case 'store':
        this.storeProblem = message.state === 'ok' ? '' : message.message;
        return;
    }
  }

  /** Begins the curves with those of the steps before the feed. */
  addHistory({ runId, series }: RunSeries): void {
    if (runId !== this.run?.runId) return;
    for (const { field, x, y } of series) {
      const curve = field === 'batch.loss' ? this.loss : this.testAccuracy;
      const later = curve.points;
      curve.points = [];
      const end = later[0]?.x ?? Number.POSITIVE_INFINITY;
      x.forEach((step, at) => {
        if (step < end) curve.add(step, Number(y[at]));
      });
      for (const { x, low, high } of later) for (const value of new Set([low, high])) curve.add(x, value);
    }
  }

  #enter({ run, commands, restart, starting = [] }: LiveHello): void {
    this.starting = starting;
    this.access = commands;
    this.isKnown = true;
    if (run?.runId !== this.run?.runId || restart) {
      this.loss = new Curve();
      this.testAccuracy = new Curve();
      this.notices = [];
      this.confusion = [];
    }
    this.run = run;
    if (run?.epoch?.test?.confusion) this.confusion = run.epoch.test.confusion;
  }

  #apply(event: MonitorEvent): void {
    if (!this.run) return;
    switch (event.type) {
      case 'run.started':
        this.run = { ...this.run, started: event.data, finished: null };
        return;
      case 'batch':
        this.run = { ...this.run, batch: event.data, finished: null };
        this.loss.add(event.data.step, Number(event.data.loss));
        return;
      case 'epoch': {
        const accuracy = event.data.test?.accuracy;
        const best = Math.max(this.run.bestAccuracy ?? 0, typeof accuracy === 'number' ? accuracy : 0);
        this.run = {
          ...this.run,
          epoch: event.data,
          bestAccuracy: accuracy == null ? this.run.bestAccuracy : best,
        };
        if (accuracy != null) this.testAccuracy.add(event.data.step ?? event.data.epoch, Number(accuracy));
        if (event.data.test?.confusion) this.confusion = event.data.test.confusion;
        return;
      }
      case 'notice':
        this.notices.push(event.data as WatchedNotice);
        if (this.notices.length > maxNotices) this.notices.shift();
        return;
      case 'run.finished':
        this.run = { ...this.run, finished: event.data, status: event.data.status };
        return;
    }
  }
}

import { type CommandName, type LiveClient, MonitorError, type RunSummary } from '@mnist-monitor/shared';
import type { MonitorApi } from '../client/monitor-api.ts';
import { followFeed } from '../client/run-feed.ts';
import { frame } from './frame.ts';
import { actionOf, interrupt, type KeyAction, type Question } from './keys.ts';
import type { Screen } from './terminal.ts';
import { WatchedRun } from './watched-run.ts';

/** Time between two frames, and so the longest delay of a value. */
const frameMs = 200;
/** Most batches a second that the gateway sends: more than there are frames. */
const batchesPerSecond = 10;
/** Points of the curve before the feed: enough for the dots of a wide terminal. */
const historyPoints = 1_000;

/** The gateway, the terminal and the callbacks of a `Watch`. */
export interface WatchOptions {
  base: URL;
  api: MonitorApi;
  screen: Pick<Screen, 'size' | 'show'>;
  token?: string | undefined;
  onQuit(): void;
  onSuspend(): void;
}

/** Follows a run in a terminal: draws its state, and executes the keys. */
export class Watch {
  readonly #options: WatchOptions;
  readonly #watched = new WatchedRun();
  #feed: LiveClient | undefined;
  #question: Question | undefined;
  /** The run that was shown when the question was asked: the only one that its answer may change. */
  #askedRun: string | undefined;
  /** Settles when the changes to another run so far are made: each one starts from the run that the one before has shown. */
  #changes: Promise<void> = Promise.resolve();
  /** The outcome of the last key, until the next one. */
  #note = '';
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: WatchOptions) {
    this.#options = options;
  }

  /** Shows a run; `latest` follows the newest one and each that begins later. @throws MonitorError when there is no such run. */
  async follow(id: string): Promise<void> {
    const { api } = this.#options;
    const run = await api.getRun(id).catch((error: unknown) => {
      if (id === 'latest' && error instanceof MonitorError && error.code === 'run.not_found')
        return undefined;
      throw error;
    });
    if (this.#closed) return;
    this.#feed?.close();
    this.#feed = followFeed(this.#options.base, {
      ...{ run: id, maxRate: batchesPerSecond },
      types: ['run.started', 'batch', 'epoch', 'notice', 'run.finished'],
      ...(run && { after: run.lastSeq }),
      onMessage: (message) => {
        this.#watched.receive(message);
        if (this.#question && this.#askedRun !== this.#watched.run?.runId) {
          this.#question = undefined;
          this.#note = 'Another run has begun: nothing was changed.';
        }
        if (message.type === 'hello') this.redraw();
        else this.#draw();
      },
    });
    if (run) await this.#readHistory(run);
  }

  async #readHistory(run: RunSummary): Promise<void> {
    const { api } = this.#options;
    const fields = ['batch.loss', 'epoch.test.accuracy'] as const;
    const [series, notices] = await Promise.all([
      api.getSeries(run.runId, { fields, points: historyPoints }),
      api.notices(run.runId),
    ]);
    // The hello, with which the feed begins, may arrive later than the curves.
    if (!this.#watched.run) this.#watched.run = run;
    this.#watched.addHistory(series);
    // The feed sends the notices after those that the summary counts.
    const earlier = notices.filter(({ seq }) => seq <= run.lastSeq);
    this.#watched.notices.unshift(...earlier.slice(-10).map(({ data }) => ({ ...data, step: data.step })));
    this.#draw();
  }

  /** Draws at once, after a key or a change of the terminal's size. */
  redraw(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const { screen } = this.#options;
    screen.show(frame(this.#watched, { ...screen.size, prompt: this.#prompt }));
  }

  /**
   * Executes keys that have arrived together. Several letters at once, unless they answer the question for a number, are a text that was
   * pasted into a terminal that does not mark it, and are ignored, except Ctrl-C.
   */
  press(keys: readonly string[]): void {
    for (const key of keys) {
      const isTyped = keys.length === 1 || this.#question?.about === 'rate';
      if (!isTyped && key !== interrupt) continue;
      this.#note = '';
      this.#execute(actionOf(key, this.#question));
      if (this.#closed) return;
    }
    this.redraw();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#feed?.close();
  }

  get #prompt(): string {
    if (this.#question?.about === 'stop') return 'Stop this run for good? y: yes, any other key: no';
    if (this.#question) return `Learning rate: ${this.#question.text}▏  Enter: set, Escape: leave it`;
    return this.#note;
  }

  /** Draws soon, so that many messages take one frame. */
  #draw(): void {
    if (this.#closed) return;
    this.#timer ??= setTimeout(() => this.redraw(), frameMs);
  }

  #execute(action: KeyAction): void {
    const isAsked = action.do === 'ask';
    if (isAsked && !this.#question) this.#askedRun = this.#watched.run?.runId;
    this.#question = isAsked ? action.question : undefined;
    switch (action.do) {
      case 'quit':
        return this.#options.onQuit();
      case 'suspend':
        return this.#options.onSuspend();
      case 'pauseOrResume':
        return this.#command(this.#watched.run?.status === 'paused' ? 'resume' : 'pause');
      case 'stop':
        return this.#command('stop', {}, this.#askedRun);
      case 'setRate':
        return this.#command('setLearningRate', { learningRate: action.learningRate }, this.#askedRun);
      case 'reject':
        this.#note = action.message;
        return;
      case 'previous':
        return this.#change(1);
      case 'next':
        return this.#change(-1);
    }
  }

  #command(name: CommandName, data: object = {}, runId = this.#watched.run?.runId): void {
    const { token } = this.#options;
    if (!this.#feed || runId === undefined) return;
    this.#note = `${name} …`;
    const options = { runId, by: 'terminal', ...(token !== undefined && { token }) };
    this.#feed.command(name, data as never, options).then((result) => {
      const needsToken = !result.ok && result.code === 'command.unauthorized' && token === undefined;
      const hint = needsToken ? ' Set MONITOR_COMMAND_TOKEN.' : '';
      this.#note = result.ok ? `${name}: accepted` : `${name}: ${result.message}${hint}`;
      this.redraw();
    });
  }

  /** Returns the run that began before (1) or after (-1) this one, which may have been deleted. */
  async #neighbour(by: 1 | -1): Promise<RunSummary | undefined> {
    const { run: current } = this.#watched;
    let newer: RunSummary | undefined;
    let isPast = current === null;
    for await (const run of this.#options.api.runs())
      if (run.runId === current?.runId) isPast = true;
      else if (isPast || run.startedAt < (current?.startedAt ?? '')) return by === 1 ? run : newer;
      else newer = run;
    return by === 1 ? undefined : newer;
  }

  /** Shows the run that began before or after this one in the list of runs. */
  #change(by: 1 | -1): void {
    const change = async (): Promise<void> => {
      const next = await this.#neighbour(by);
      if (!next) this.#note = by === 1 ? 'This is the oldest run.' : 'This is the newest run.';
      else await this.follow(next.runId);
    };
    const report = (error: Error): void => {
      this.#note = error.message;
    };
    this.#changes = this.#changes
      .then(change)
      .catch(report)
      .then(() => this.#draw());
  }
}

import { setTimeout as wait } from 'node:timers/promises';
import {
  type CommandData,
  type CommandName,
  type CommandOptions,
  type CommandResult,
  connectLive,
  type Version1EventOf as EventOf,
  type LiveClient,
  type LiveStatus,
  type MonitorEvent,
  type Version1Event,
} from '@mnist-monitor/shared';
import { WebSocket } from 'ws';
import type { BatchData } from '../../src/event-data.ts';

/** Follows the newest run as the dashboard does, and stores the received events. */
export class Viewer {
  /** Events of the newest run. */
  events: MonitorEvent[] = [];
  /** The last status of each run, by its id. */
  readonly statuses = new Map<string, LiveStatus>();
  waitingTrainers = 0;
  readonly #client: LiveClient;

  /** @param url Address of the dashboard. */
  constructor(url: string) {
    this.#client = connectLive({
      url: `${url.replace('http', 'ws')}/live`,
      WebSocket: WebSocket as never,
      onHello: ({ run, waitingTrainers }) => {
        this.waitingTrainers = waitingTrainers;
        if (run?.runId !== this.events[0]?.runId) this.events = [];
      },
      onEvent: (event) => this.events.push(event),
      onStatus: (status) => this.statuses.set(status.runId, status),
      onTrainers: (waiting) => {
        this.waitingTrainers = waiting;
      },
      // Each connection begins with this number; without a connection it is unknown.
      onState: ({ name }) => {
        if (name !== 'open') this.waitingTrainers = 0;
      },
    });
  }

  get last(): MonitorEvent | undefined {
    return this.events.at(-1);
  }

  get seqs(): number[] {
    return this.events.map(({ seq }) => seq);
  }

  /** Returns the data of all events of a type. */
  dataOf<T extends Version1Event['type']>(type: T): EventOf<T>['data'][] {
    return this.events.flatMap((event) => (event.type === type ? [event.data as EventOf<T>['data']] : []));
  }

  get batches(): BatchData[] {
    return this.dataOf('batch');
  }

  /** Codes of the notices. */
  get codes(): string[] {
    return this.dataOf('notice').map(({ code }) => code);
  }

  command<N extends CommandName>(
    name: N,
    data?: CommandData<N>,
    options?: CommandOptions,
  ): Promise<CommandResult> {
    return this.#client.command(name, data, options);
  }

  async until(done: () => boolean): Promise<void> {
    while (!done()) await wait(10);
  }

  close(): void {
    this.#client.close();
  }
}

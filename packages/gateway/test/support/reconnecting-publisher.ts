import { encode, type MonitorEvent } from '@mnist-monitor/shared';
import { WebSocket } from 'ws';
import { afterTest } from './cleanup.ts';
import { helloOf } from './publisher.ts';

/** Publishes as the protocol requires: keeps unacknowledged events, reconnects, and resumes after the given seq. */
export class ReconnectingPublisher {
  acked = 0;
  /** What the gateway told in each `resume`. */
  readonly resumes: { after: number; stream: string }[] = [];
  readonly #url: string;
  readonly #events: readonly MonitorEvent[];
  #ready = false;
  #produced = 0;
  #socket: WebSocket | undefined;

  constructor(url: string, events: readonly MonitorEvent[]) {
    this.#url = url;
    this.#events = events;
    this.#connect();
    afterTest(() => this.close());
  }

  get produced(): number {
    return this.#produced;
  }

  /** Publishes the next `count` events of the run, or fewer at its end. */
  produce(count: number): void {
    const next = this.#events.slice(this.#produced, this.#produced + count);
    this.#produced += next.length;
    if (this.#ready) for (const event of next) this.#socket?.send(encode(event));
  }

  close(): void {
    this.#connect = () => {};
    this.#socket?.terminate();
  }

  #connect = (): void => {
    const socket = new WebSocket(this.#url);
    this.#socket = socket;
    const stream = this.resumes.at(-1)?.stream;
    const position = stream === undefined ? {} : { stream, acknowledged: this.acked };
    socket.on('open', () => socket.send(JSON.stringify(helloOf(this.#events[0]!.runId, position))));
    socket.on('error', () => {});
    socket.on('close', () => {
      this.#ready = false;
      setTimeout(() => this.#connect(), 50);
    });
    socket.on('message', (data) => {
      const reply = JSON.parse(String(data));
      if (reply.type === 'ack') this.acked = reply.seq;
      if (reply.type !== 'resume') return;
      this.resumes.push(reply);
      this.acked = reply.after;
      for (const event of this.#events.slice(reply.after, this.#produced)) socket.send(encode(event));
      this.#ready = true;
    });
  };
}

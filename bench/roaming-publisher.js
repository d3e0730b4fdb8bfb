import { setTimeout as delay } from 'node:timers/promises';
import { WebSocket } from 'ws';

/** Publishes at a rate, and continues at the next gateway when its own disconnects. */
export class RoamingPublisher {
  #events = [];
  #event;
  #urls;
  #gatewayIndex;
  #timer;
  #acked = 0;
  #sentAt = [];
  /** Milliseconds from each event to its acknowledgement, after which it is stored. */
  ackDelays = [];
  #isReady = false;
  #isClosed = false;
  #socket;

  /**
   * @param urls Addresses of the gateways' ingest.
   * @param first Index of the first gateway.
   * @param event The event to send again and again, with its own `seq` and `time`.
   */
  constructor({ urls, first, event }) {
    this.#urls = urls;
    this.#gatewayIndex = first;
    this.#event = event;
    this.#connect();
  }

  /** The number of events so far. */
  get count() {
    return this.#events.length;
  }

  /** Publishes one event, and waits until it is stored. */
  async publishOne() {
    this.#add();
    await this.#stored();
  }

  start(rate) {
    const begunAt = Date.now();
    const first = this.count;
    this.#timer = setInterval(() => {
      while (this.count - first < ((Date.now() - begunAt) / 1_000) * rate) this.#add();
    }, 5);
  }

  /** Stops publishing, and waits until everything is stored. */
  async stop() {
    clearInterval(this.#timer);
    await this.#stored();
  }

  close() {
    clearInterval(this.#timer);
    this.#isClosed = true;
    this.#socket.terminate();
  }

  async #stored() {
    while (this.#acked < this.count) await delay(20);
  }

  #add() {
    const event = JSON.stringify({ ...this.#event, seq: this.count + 1, time: new Date().toISOString() });
    this.#events.push(event);
    this.#sentAt.push(Date.now());
    if (this.#isReady) this.#socket.send(event);
  }

  #acknowledge(seq) {
    for (const sentAt of this.#sentAt.slice(this.#acked, seq)) this.ackDelays.push(Date.now() - sentAt);
    this.#acked = seq;
  }

  #connect() {
    const { runId } = this.#event;
    this.#socket = new WebSocket(this.#urls[this.#gatewayIndex % this.#urls.length]);
    this.#socket.on('open', () =>
      this.#socket.send(
        JSON.stringify({ type: 'hello', protocol: 1, runId, publisherId: 'bench-publisher' }),
      ),
    );
    this.#socket.on('error', () => {});
    this.#socket.on('close', () => {
      this.#isReady = false;
      this.#gatewayIndex++;
      if (!this.#isClosed) setTimeout(() => this.#connect(), 250);
    });
    this.#socket.on('message', (data) => {
      const reply = JSON.parse(String(data));
      if (reply.type === 'ack') this.#acknowledge(reply.seq);
      if (reply.type !== 'resume') return;
      for (const event of this.#events.slice(reply.after)) this.#socket.send(event);
      this.#isReady = true;
    });
  }
}

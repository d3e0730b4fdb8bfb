import type { CloseCodeName, ErrorCode } from '@mnist-monitor/shared';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Store, StoredEvent } from './store/store.ts';
import { TimedStore } from './store/timed-store.ts';

/** Which of the two doors something comes and goes through. */
export type Endpoint = 'ingest' | 'live';

/** What a door can say about its connections whenever it is asked. */
export interface Traffic {
  readonly connections: number;
  readonly receivedBytes: number;
  readonly sentBytes: number;
  /** Sent, and not yet taken by the other end. */
  readonly unreadBytes: number;
}

/** In seconds, from one millisecond to ten seconds. */
const buckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];

/** What the gateway counts, for Prometheus; each gateway has its own. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #endpoints = new Map<Endpoint, Traffic>();
  readonly #events: Counter<'type'>;
  readonly #rejected: Counter<'code'>;
  readonly #closed: Counter<'door' | 'name'>;
  readonly #refused: Counter<'code'>;
  readonly #delay: Histogram;
  readonly #store: Histogram<'operation'>;

  constructor() {
    const registers = [this.#registry];
    const counter = <L extends string>(name: string, help: string, ...labelNames: L[]): Counter<L> =>
      new Counter({ name: `monitor_${name}_total`, help, labelNames, registers });
    this.#events = counter('events', 'Events taken in and durable', 'type');
    this.#rejected = counter('events_rejected', 'Events that did not fit the protocol', 'code');
    this.#closed = counter('connections_closed', 'Connections that the gateway has closed', 'door', 'name');
    this.#refused = counter('requests_refused', 'Requests and upgrades answered with a problem', 'code');
    this.#delay = new Histogram({
      name: 'monitor_event_delay_seconds',
      help: "From an event's time, by its publisher's clock, until it goes out to viewers",
      buckets,
      registers,
    });
    this.#store = new Histogram({
      name: 'monitor_store_seconds',
      help: 'How long the store took',
      labelNames: ['operation'],
      buckets,
      registers,
    });
    this.#addTraffic();
    // At the usual 10 ms, measuring the event loop is most of what a gateway does that has little to do: 0.8 % of a core.
    collectDefaultMetrics({ register: this.#registry, eventLoopMonitoringPrecision: 50 });
  }

  /** The same store, with what it does counted. */
  measure(store: Store): Store {
    return new TimedStore(store, {
      onDone: (operation, seconds) => this.#store.observe({ operation }, seconds),
      onAppended: (events) => this.#count(events),
    });
  }

  /** Adds a door, which is asked whenever somebody reads the metrics. */
  addEndpoint(door: Endpoint, traffic: Traffic): void {
    this.#endpoints.set(door, traffic);
  }

  rejected(code: ErrorCode): void {
    this.#rejected.inc({ code });
  }

  closed(door: Endpoint, name: CloseCodeName): void {
    this.#closed.inc({ door, name });
  }

  refused(code: ErrorCode): void {
    this.#refused.inc({ code });
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** Everything in Prometheus's text format. */
  read(): Promise<string> {
    return this.#registry.metrics();
  }

  #count(events: readonly StoredEvent[]): void {
    const now = Date.now();
    for (const { type, json } of events) {
      this.#events.inc({ type });
      this.#delay.observe(Math.max(0, now - timeOf(json)) / 1_000);
    }
  }

  #addTraffic(): void {
    const doors = this.#endpoints;
    const registers = [this.#registry];
    const labelNames = ['door'];
    const gauges = {
      connections: ['Open connections', (traffic: Traffic) => traffic.connections],
      unread_bytes: ['Sent and not yet read by the other end', (traffic: Traffic) => traffic.unreadBytes],
    } as const;
    for (const [name, [help, read]] of Object.entries(gauges))
      new Gauge({
        ...{ name: `monitor_${name}`, help, labelNames, registers },
        collect() {
          for (const [door, traffic] of doors) this.set({ door }, read(traffic));
        },
      });
    const counters = {
      received_bytes: ['Bytes that have come in', (traffic: Traffic) => traffic.receivedBytes],
      sent_bytes: ['Bytes that have gone out', (traffic: Traffic) => traffic.sentBytes],
    } as const;
    for (const [name, [help, read]] of Object.entries(counters))
      new Counter({
        ...{ name: `monitor_${name}_total`, help, labelNames, registers },
        collect() {
          this.reset();
          for (const [door, traffic] of doors) this.inc({ door }, read(traffic));
        },
      });
  }
}

/** The time in an event's envelope, in milliseconds since 1970; events are kept as `encode` writes them. */
function timeOf(json: string): number {
  const from = json.indexOf('"time":"') + '"time":"'.length;
  return Date.parse(json.slice(from, json.indexOf('"', from)));
}

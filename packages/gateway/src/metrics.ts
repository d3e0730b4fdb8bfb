import { type CloseCodeName, type ErrorCode, runStatusSchema } from '@mnist-monitor/shared';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { LastValues } from './runs/last-values.ts';
import type { Traffic } from './sockets/traffic.ts';
import type { StoreOperation } from './store/health-checked-store.ts';
import type { NewEvent } from './store/store.ts';
import { version } from './version.ts';

/** A WebSocket endpoint of a gateway. */
export type Endpoint = 'ingest' | 'live';

/** The statistics of an endpoint's connections. */
type EndpointTraffic = Pick<Traffic, 'connections' | 'receivedBytes' | 'sentBytes' | 'unreadBytes'>;

/** The upper bounds of the histograms' buckets, in seconds: from one millisecond to ten seconds. */
const buckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];

/**
 * Longer delays are not recorded: they come from a publisher whose clock is wrong, and would spoil the sum of all
 * delays.
 */
const maxDelayMs = 24 * 3_600_000;

/** The metrics of one gateway, for Prometheus. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #endpoints = new Map<Endpoint, EndpointTraffic>();
  readonly #events: Counter<'type'>;
  readonly #rejected: Counter<'code'>;
  readonly #closed: Counter<'endpoint' | 'name'>;
  readonly #refused: Counter<'code'>;
  readonly #delay: Histogram;
  readonly #storeDuration: Histogram<'operation'>;

  constructor() {
    const registers = [this.#registry];
    const counter = <L extends string>(name: string, help: string, ...labelNames: L[]): Counter<L> =>
      new Counter({ name: `monitor_${name}_total`, help, labelNames, registers });
    this.#events = counter('events', 'Events accepted and durable', 'type');
    this.#rejected = counter('events_rejected', 'Events that did not fit the protocol', 'code');
    this.#closed = counter('connections_closed', 'Connections closed by the gateway', 'endpoint', 'name');
    this.#refused = counter(
      'requests_refused',
      'Requests and upgrades answered with a problem, and connections refused',
      'code',
    );
    this.#delay = new Histogram({
      name: 'monitor_event_delay_seconds',
      help: "From an event's time, by its publisher's clock, until it is stored, just before it is sent to viewers",
      buckets,
      registers,
    });
    this.#storeDuration = new Histogram({
      name: 'monitor_store_seconds',
      help: 'Duration of operations of the store',
      labelNames: ['operation'],
      buckets,
      registers,
    });
    new Gauge({
      name: 'monitor_build_info',
      help: 'Version of the gateway and of Node.js; always 1',
      labelNames: ['version', 'node'],
      registers,
    }).set({ version, node: process.version }, 1);
    this.#addTrafficMetrics();
    // At the default of 10 ms, measuring the event loop is most of the work of an idle gateway: 0.8 % of a core.
    collectDefaultMetrics({ register: this.#registry, eventLoopMonitoringPrecision: 50 });
  }

  /** Adds an endpoint, whose traffic is read whenever the metrics are requested. */
  addEndpoint(endpoint: Endpoint, traffic: EndpointTraffic): void {
    this.#endpoints.set(endpoint, traffic);
  }

  /**
   * Adds the last values of the runs whose publishers are connected, which are read whenever the metrics are requested. The
   * limit of publishers bounds the number of runs; runs that have ended disappear with their publisher.
   */
  addRuns(runs: Pick<LastValues, 'read'>): void {
    const registers = [this.#registry];
    const gauges = [
      ['step', 'step', 'Last step of a connected run; its last epoch where it counts epochs only'],
      [
        'loss',
        'loss',
        "Loss of the last step of a connected run, or of its last epoch where it counts epochs only; in the run's unit, and NaN after it has diverged",
      ],
      [
        'accuracy',
        'accuracy',
        'Accuracy of the last step of a connected run, or of its last epoch where it counts epochs only; from 0 to 1',
      ],
      [
        'test_accuracy',
        'testAccuracy',
        'Accuracy of a connected run on its test set after the last epoch, from 0 to 1',
      ],
    ] as const;
    for (const [name, field, help] of gauges)
      new Gauge({
        ...{ name: `monitor_run_${name}`, help, labelNames: ['run'], registers },
        collect() {
          this.reset();
          for (const run of runs.read()) {
            const value = run[field];
            if (value !== undefined) this.set({ run: run.runId }, value);
          }
        },
      });
    new Gauge({
      name: 'monitor_run_status',
      help: 'Status of a connected run: 1 for the current one, 0 for all others',
      ...{ labelNames: ['run', 'status'], registers },
      collect() {
        this.reset();
        for (const { runId: run, status: current } of runs.read())
          for (const status of runStatusSchema.options) this.set({ run, status }, status === current ? 1 : 0);
      },
    });
  }

  /** Counts an event that did not fit the protocol. */
  rejected(code: ErrorCode): void {
    this.#rejected.inc({ code });
  }

  /** Counts a connection that the gateway has closed. */
  closed(endpoint: Endpoint, name: CloseCodeName): void {
    this.#closed.inc({ endpoint, name });
  }

  /** Counts a request that was answered with a problem, or a connection that was refused. */
  refused(code: ErrorCode): void {
    this.#refused.inc({ code });
  }

  /** Records the duration of an operation of the store. */
  storeOperation(operation: StoreOperation, seconds: number): void {
    this.#storeDuration.observe({ operation }, seconds);
  }

  /** Counts events that are durable, and records their delay. */
  appended(events: readonly NewEvent[]): void {
    const now = Date.now();
    for (const { type, event } of events) {
      this.#events.inc({ type });
      const delayMs = now - Date.parse(event.time);
      if (delayMs < maxDelayMs) this.#delay.observe(Math.max(0, delayMs) / 1_000);
    }
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** Resolves with all metrics in Prometheus's text format. */
  async read(): Promise<string> {
    // The format, and most of its readers, know NaN only in this spelling; prom-client writes Nan.
    return (await this.#registry.metrics()).replaceAll(/ Nan$/gm, ' NaN');
  }

  #addTrafficMetrics(): void {
    const endpoints = this.#endpoints;
    const registers = [this.#registry];
    const labelNames = ['endpoint'];
    const gauges = {
      connections: ['Open connections', (traffic: EndpointTraffic) => traffic.connections],
      unread_bytes: [
        'Bytes sent and not yet read by the client',
        (traffic: EndpointTraffic) => traffic.unreadBytes,
      ],
    } as const;
    for (const [name, [help, read]] of Object.entries(gauges))
      new Gauge({
        ...{ name: `monitor_${name}`, help, labelNames, registers },
        collect() {
          for (const [endpoint, traffic] of endpoints) this.set({ endpoint }, read(traffic));
        },
      });
    const counters = {
      received_bytes: ['Bytes received', (traffic: EndpointTraffic) => traffic.receivedBytes],
      sent_bytes: ['Bytes sent', (traffic: EndpointTraffic) => traffic.sentBytes],
    } as const;
    for (const [name, [help, read]] of Object.entries(counters))
      new Counter({
        ...{ name: `monitor_${name}_total`, help, labelNames, registers },
        collect() {
          this.reset();
          for (const [endpoint, traffic] of endpoints) this.inc({ endpoint }, read(traffic));
        },
      });
  }
}

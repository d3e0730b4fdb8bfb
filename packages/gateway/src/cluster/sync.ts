import type { FastifyBaseLogger } from 'fastify';
import type { CommandDesk } from '../commands/desk.ts';
import type { Limits } from '../limits.ts';
import type { Hub } from '../live/hub.ts';
import type { WaitingTrainers } from '../presence/idle-trainers.ts';
import type { Publishers } from '../presence/publishers.ts';
import type { StatusBoard } from '../runs/status-board.ts';
import type { Store } from '../store/store.ts';
import type { Bus } from './bus.ts';
import type { GatewayMessage, Roster } from './messages.ts';
import type { Neighbours } from './peers.ts';

export interface ExchangeOptions {
  bus: Bus;
  neighbours: Neighbours;
  hub: Hub;
  board: StatusBoard;
  desk: CommandDesk;
  publishers: Publishers;
  trainers: WaitingTrainers;
  store: Store;
  limits: Pick<Limits, 'rosterIntervalMs'>;
  log: Pick<FastifyBaseLogger, 'warn'>;
}

/** Acts on what other gateways say, and says who is connected to this one. */
export class Exchange {
  readonly #options: ExchangeOptions;
  readonly #undos: (() => void)[];
  #isTelling = false;
  #closed = false;

  constructor(options: ExchangeOptions) {
    const { bus, neighbours, desk, publishers, trainers, limits } = options;
    this.#options = options;
    bus.listen({
      hear: (message, from) => this.#hear(message, from),
      rejoined: () => this.catchUp(),
    });
    neighbours.watchTakers((taker) => desk.attach(taker));
    const interval = setInterval(() => {
      neighbours.lapse();
      this.#tell();
    }, limits.rosterIntervalMs).unref();
    const soon = (): void => this.#tellSoon();
    this.#undos = [() => clearInterval(interval), publishers.watchHere(soon), trainers.watchHere(soon)];
    this.#tell();
  }

  /** Reads from the store what may have been missed. */
  catchUp(): void {
    const { hub, board } = this.#options;
    board.refresh();
    this.#do(hub.pullAll());
    this.#tellSoon();
  }

  close(): void {
    this.#closed = true;
    for (const undo of this.#undos) undo();
    this.#options.bus.send({ type: 'left' });
  }

  #hear(message: GatewayMessage, from: string): void {
    const { bus, neighbours, hub, board, desk } = this.#options;
    switch (message.type) {
      case 'appended': {
        const { runId, first, types } = message;
        if (first === 1) this.#do(hub.findNewest());
        this.#do(hub.pull(runId));
        board.heard(runId, types);
        break;
      }
      case 'annotated':
        this.#do(this.#announceChanges(message.runId));
        break;
      case 'removed':
        this.#do(hub.forget(message.runId));
        hub.announce({ type: 'removed', runId: message.runId });
        break;
      case 'roster':
        neighbours.hear(from, message);
        this.#settleClaims(message);
        break;
      case 'ordered':
        if (message.to === bus.self) desk.deliver(message.command, message.publisherId);
        else desk.learn(message.command, message.publisherId);
        break;
      case 'answered':
        desk.answered(message.result, message.publisherId);
        break;
      case 'left':
        neighbours.lose(from);
        break;
    }
  }

  /**
   * Two gateways may give a run away in the same moment. Of one publisher's connections the younger stays; of two
   * publishers the one whose id comes first, so that both gateways say the same.
   */
  #settleClaims({ publishers: theirs }: Roster): void {
    for (const { runId, publisherId, heldMs } of theirs) {
      const ours = this.#options.publishers.connectedHere(runId);
      if (!ours) continue;
      const isOlder = performance.now() - ours.presence.since >= heldMs;
      if (ours.publisherId === publisherId && isOlder) ours.replace();
      if (ours.publisherId > publisherId) ours.yield();
    }
  }

  async #announceChanges(runId: string): Promise<void> {
    const { store, hub } = this.#options;
    const summary = await store.summary(runId);
    if (!summary) return;
    const { title, note, pinned } = summary;
    hub.announce({ type: 'annotated', runId, title, note, pinned });
  }

  /** Once for whatever changes in the same turn of the event loop. */
  #tellSoon(): void {
    if (this.#isTelling || this.#closed) return;
    this.#isTelling = true;
    setImmediate(() => {
      this.#isTelling = false;
      if (!this.#closed) this.#tell();
    });
  }

  #tell(): void {
    const { bus, publishers, trainers, hub } = this.#options;
    const now = performance.now();
    bus.send({
      type: 'roster',
      publishers: publishers.here.map(([runId, { publisherId, commands, presence }]) => ({
        runId,
        publisherId,
        commands: [...commands],
        heldMs: now - presence.since,
        heardMs: now - presence.heardAt,
      })),
      waiting: trainers.here.map(([{ publisherId, commands }, since]) => ({
        publisherId,
        commands: [...commands],
        heldMs: now - since,
      })),
      viewers: hub.viewerCount,
    });
  }

  /** What cannot be read now is read when the store works again. */
  #do(work: Promise<void>): void {
    work.catch((error) =>
      this.#options.log.warn({ err: error }, 'what another gateway has told of cannot be read'),
    );
  }
}

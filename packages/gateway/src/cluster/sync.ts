import type { FastifyBaseLogger } from 'fastify';
import type { CommandRouter } from '../commands/router.ts';
import type { Limits } from '../limits.ts';
import type { Hub } from '../live/hub.ts';
import type { IdleTrainers } from '../presence/idle-trainers.ts';
import type { Publishers } from '../presence/publishers.ts';
import type { StatusBroadcaster } from '../runs/status-broadcaster.ts';
import type { Store } from '../store/store.ts';
import type { ClusterBus } from './bus.ts';
import type { GatewayMessage, PresenceMessage } from './messages.ts';
import type { ClusterPeers } from './peers.ts';

export interface ClusterSyncOptions {
  bus: ClusterBus;
  peers: ClusterPeers;
  hub: Hub;
  statuses: StatusBroadcaster;
  router: CommandRouter;
  publishers: Publishers;
  idleTrainers: IdleTrainers;
  store: Store;
  limits: Pick<Limits, 'rosterIntervalMs'>;
  log: Pick<FastifyBaseLogger, 'warn'>;
}

/** Acts on what other gateways say, and says who is connected to this one. */
export class ClusterSync {
  readonly #options: ClusterSyncOptions;
  readonly #undos: (() => void)[];
  #isSendScheduled = false;
  #closed = false;

  constructor(options: ClusterSyncOptions) {
    const { bus, peers, router, publishers, idleTrainers, limits } = options;
    this.#options = options;
    bus.listen({
      onMessage: (message, from) => this.#receive(message, from),
      onReconnect: () => this.catchUp(),
    });
    peers.onTarget((target) => router.attach(target));
    const interval = setInterval(() => {
      peers.removeSilent();
      this.#sendPresence();
    }, limits.rosterIntervalMs).unref();
    const soon = (): void => this.#scheduleSend();
    this.#undos = [
      () => clearInterval(interval),
      publishers.onLocalChange(soon),
      idleTrainers.onLocalChange(soon),
    ];
    this.#sendPresence();
  }

  /** Reads from the store what may have been missed. */
  catchUp(): void {
    const { hub, statuses: board } = this.#options;
    board.refresh();
    this.#logFailure(hub.pullAll());
    this.#scheduleSend();
  }

  close(): void {
    this.#closed = true;
    for (const undo of this.#undos) undo();
    this.#options.bus.send({ type: 'left' });
  }

  #receive(message: GatewayMessage, from: string): void {
    const { bus, peers, hub, statuses: board, router } = this.#options;
    switch (message.type) {
      case 'appended': {
        const { runId, first, types } = message;
        if (first === 1) this.#logFailure(hub.refreshNewestRun());
        this.#logFailure(hub.pull(runId));
        board.noteEvents(runId, types);
        break;
      }
      case 'annotated':
        this.#logFailure(this.#announceChanges(message.runId));
        break;
      case 'removed':
        this.#logFailure(hub.removeRun(message.runId));
        hub.broadcast({ type: 'removed', runId: message.runId });
        break;
      case 'roster':
        peers.update(from, message);
        this.#resolveConflicts(message);
        break;
      case 'ordered':
        if (message.to === bus.gatewayId) router.deliver(message.command, message.publisherId);
        else router.remember(message.command, message.publisherId);
        break;
      case 'answered':
        router.acceptResult(message.result, message.publisherId);
        break;
      case 'left':
        peers.remove(from);
        break;
    }
  }

  /**
   * Two gateways may give a run away in the same moment. Of one publisher's connections the younger stays; of two
   * publishers the one whose id comes first, so that both gateways say the same.
   */
  #resolveConflicts({ publishers: theirs }: PresenceMessage): void {
    for (const { runId, publisherId, heldMs } of theirs) {
      const ours = this.#options.publishers.localPublisherOf(runId);
      if (!ours) continue;
      const isOlder = performance.now() - ours.presence.connectedAt >= heldMs;
      if (ours.publisherId === publisherId && isOlder) ours.closeAsReplaced();
      if (ours.publisherId > publisherId) ours.closeAsTaken();
    }
  }

  async #announceChanges(runId: string): Promise<void> {
    const { store, hub } = this.#options;
    const summary = await store.summary(runId);
    if (!summary) return;
    const { title, note, pinned } = summary;
    hub.broadcast({ type: 'annotated', runId, title, note, pinned });
  }

  /** Once for whatever changes in the same turn of the event loop. */
  #scheduleSend(): void {
    if (this.#isSendScheduled || this.#closed) return;
    this.#isSendScheduled = true;
    setImmediate(() => {
      this.#isSendScheduled = false;
      if (!this.#closed) this.#sendPresence();
    });
  }

  #sendPresence(): void {
    const { bus, publishers, idleTrainers, hub } = this.#options;
    const now = performance.now();
    bus.send({
      type: 'roster',
      publishers: publishers.local.map(([runId, { publisherId, commands, presence }]) => ({
        runId,
        publisherId,
        commands: [...commands],
        heldMs: now - presence.connectedAt,
        heardMs: now - presence.lastMessageAt,
      })),
      waiting: idleTrainers.local.map(([{ publisherId, commands }, since]) => ({
        publisherId,
        commands: [...commands],
        heldMs: now - since,
      })),
      viewers: hub.viewerCount,
    });
  }

  /** What cannot be read now is read when the store works again. */
  #logFailure(work: Promise<void>): void {
    work.catch((error) =>
      this.#options.log.warn({ err: error }, 'what another gateway has told of cannot be read'),
    );
  }
}

import type { FastifyBaseLogger } from 'fastify';
import type { CommandRouter } from '../commands/router.ts';
import type { Limits } from '../limits.ts';
import type { Hub } from '../live/hub.ts';
import type { IdleTrainers } from '../presence/idle-trainers.ts';
import type { Publishers } from '../presence/publishers.ts';
import { annotationsOf } from '../runs/annotations.ts';
import type { StatusBroadcaster } from '../runs/status-broadcaster.ts';
import { isStoreError } from '../store/health-checked-store.ts';
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
  limits: Pick<Limits, 'presenceIntervalMs'>;
  log: Pick<FastifyBaseLogger, 'warn'>;
}

/** Synchronizes this gateway with the others: applies their messages, and sends them the clients connected to it. */
export class ClusterSync {
  readonly #options: ClusterSyncOptions;
  readonly #removals: (() => void)[];
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
    }, limits.presenceIntervalMs).unref();
    this.#removals = [
      () => clearInterval(interval),
      publishers.onLocalChange(() => this.#scheduleSend()),
      idleTrainers.onLocalChange(() => this.#scheduleSend()),
    ];
    this.#sendPresence();
  }

  /** Reads changes from the store whose announcements may have been lost, and announces the clients of this gateway again. */
  catchUp(): void {
    const { hub, statuses } = this.#options;
    statuses.refresh();
    this.#logFailure(hub.pullAll());
    this.#scheduleSend();
  }

  close(): void {
    this.#closed = true;
    for (const remove of this.#removals) remove();
    this.#options.bus.send({ type: 'left' });
  }

  #receive(message: GatewayMessage, from: string): void {
    const { bus, peers, hub, statuses, router } = this.#options;
    switch (message.type) {
      case 'appended': {
        const { runId, first, types } = message;
        if (first === 1) this.#logFailure(hub.refreshNewestRun());
        this.#logFailure(hub.pull(runId));
        statuses.noteEvents(runId, types);
        break;
      }
      case 'annotated':
        this.#logFailure(this.#broadcastAnnotations(message.runId));
        break;
      case 'removed':
        this.#logFailure(hub.endOutdatedChannel(message.runId));
        hub.broadcast({ type: 'removed', runId: message.runId });
        break;
      case 'renewed':
        this.#logFailure(hub.endOutdatedChannel(message.runId));
        // Also of a run that has no channel here: it may have lost its end.
        statuses.readStatus(message.runId);
        break;
      case 'presence':
        peers.update(from, message);
        this.#resolveConflicts(message);
        break;
      case 'commandAccepted':
        if (message.to === bus.gatewayId) router.deliver(message.command, message.publisherId);
        else router.remember(message.command, message.publisherId);
        break;
      case 'commandAnswered':
        router.acceptResult(message.result, message.publisherId);
        break;
      case 'checked':
        break;
      case 'left':
        peers.remove(from);
        break;
    }
  }

  /**
   * Closes local connections whose run is also published to another gateway. Of two connections of one publisher, the
   * newer keeps the run; of two publishers, the one with the lower id. By these rules both gateways decide alike.
   */
  #resolveConflicts({ publishers: remotePublishers }: PresenceMessage): void {
    for (const { runId, publisherId, heldMs } of remotePublishers) {
      const local = this.#options.publishers.localPublisherOf(runId);
      if (!local) continue;
      const isOlder = performance.now() - local.presence.connectedAt >= heldMs;
      if (local.publisherId === publisherId && isOlder) local.closeAsReplaced();
      if (local.publisherId > publisherId) local.closeAsTaken();
    }
  }

  async #broadcastAnnotations(runId: string): Promise<void> {
    const { store, hub } = this.#options;
    const summary = await store.summary(runId);
    if (!summary) return;
    hub.broadcast(annotationsOf(summary));
  }

  /** Schedules one presence message for all changes in the same turn of the event loop. */
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
      type: 'presence',
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

  /**
   * Logs a failure to read a change. A failing store is not logged here: its health check logs it once, and events,
   * removals and statuses are read when the store works again. Viewers receive changes of names and notes in the `hello` when
   * they connect again.
   */
  #logFailure(work: Promise<void>): void {
    work.catch((error) => {
      if (isStoreError(error)) return;
      this.#options.log.warn({ err: error }, 'a change announced by another gateway cannot be read');
    });
  }
}

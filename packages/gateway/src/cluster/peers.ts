import type { Limits } from '../limits.ts';
import { Listeners } from '../listeners.ts';
import type { CommandTarget } from '../presence/command-target.ts';
import type { PublisherPresence, RemotePresence } from '../presence/presence.ts';
import type { ClusterBus } from './bus.ts';
import type { PresenceMessage } from './messages.ts';

/**
 * Maximum time that a message takes from one gateway to another. A presence message contains the age of each connection,
 * from which the receiver computes when the connection began; the longer the message takes, the later the computed time. If
 * that time moves by more than this between two messages, the publisher has a new connection.
 */
const maxTransitMs = 1_000;

/** A publisher at another gateway. */
interface RemotePublisher {
  target: CommandTarget;
  presence: PublisherPresence;
}

/** Another gateway, as its last presence message describes it. */
interface PeerGateway {
  lastMessageAt: number;
  publishers: Map<string, RemotePublisher>;
  idleTrainers: CommandTarget[];
  viewerCount: number;
}

export interface ClusterPeersOptions {
  bus: ClusterBus;
  limits: Pick<Limits, 'presenceTimeoutMs'>;
}

/** The other gateways and their clients, from their presence messages. A gateway that sends none for long is removed. */
export class ClusterPeers implements RemotePresence {
  readonly #options: ClusterPeersOptions;
  readonly #gateways = new Map<string, PeerGateway>();
  /** One entry for each run that was published to another gateway since this one started. */
  readonly #presences = new Map<string, PublisherPresence>();
  readonly #runListeners = new Listeners<[runId: string]>();
  readonly #listeners = new Listeners();
  #attach: (target: CommandTarget) => () => void = () => () => {};
  readonly #detach = new Map<CommandTarget, () => void>();

  constructor(options: ClusterPeersOptions) {
    this.#options = options;
  }

  get viewerCount(): number {
    return [...this.#gateways.values()].reduce((sum, { viewerCount }) => sum + viewerCount, 0);
  }

  get idleTrainers(): readonly CommandTarget[] {
    return [...this.#gateways.values()].flatMap(({ idleTrainers }) => idleTrainers);
  }

  publisherOf(runId: string): CommandTarget | undefined {
    return this.#publisherOf(runId)?.target;
  }

  presenceOf(runId: string): PublisherPresence | undefined {
    return this.#presences.get(runId);
  }

  onRunChange(listener: (runId: string) => void): () => void {
    return this.#runListeners.add(listener);
  }

  onChange(listener: () => void): () => void {
    return this.#listeners.add(listener);
  }

  /**
   * Calls `attach` with each command target that connects to another gateway, and calls the function that it returns
   * when the target disconnects.
   */
  onTarget(attach: (target: CommandTarget) => () => void): void {
    this.#attach = attach;
  }

  /** Replaces the clients of a gateway with those in its latest message. */
  update(gatewayId: string, message: PresenceMessage): void {
    const before = this.#gateways.get(gatewayId);
    const now = performance.now();
    const publishers = new Map<string, RemotePublisher>();
    for (const { runId, publisherId, commands, heldMs, heardMs } of message.publishers) {
      const known = before?.publishers.get(runId);
      const connectedAt = now - heldMs;
      const isSame =
        known?.target.publisherId === publisherId && connectedAt - known.presence.connectedAt < maxTransitMs;
      const presence = isSame
        ? known.presence
        : { publisherId, connectedAt, lastMessageAt: now, disconnectedAt: undefined };
      presence.lastMessageAt = now - heardMs;
      const target = isSame ? known.target : this.#targetAt(gatewayId, { publisherId, commands });
      publishers.set(runId, { target, presence });
    }
    const idleTrainers = message.waiting.map(
      ({ publisherId, commands }) =>
        before?.idleTrainers.find((target) => target.publisherId === publisherId) ??
        this.#targetAt(gatewayId, { publisherId, commands }),
    );
    this.#replace(gatewayId, {
      lastMessageAt: now,
      publishers,
      idleTrainers,
      viewerCount: message.viewers,
    });
  }

  /** Removes a gateway, with its clients. */
  remove(gatewayId: string): void {
    this.#replace(gatewayId, undefined);
  }

  /** Removes the gateways that have sent nothing for too long. */
  removeSilent(): void {
    const now = performance.now();
    for (const [gatewayId, { lastMessageAt }] of this.#gateways)
      if (now - lastMessageAt > this.#options.limits.presenceTimeoutMs) this.remove(gatewayId);
  }

  #replace(gatewayId: string, next: PeerGateway | undefined): void {
    const before = this.#gateways.get(gatewayId);
    if (next) this.#gateways.set(gatewayId, next);
    else this.#gateways.delete(gatewayId);
    const changedRuns = this.#updatePresences(before, next);
    this.#updateTargets(targetsOf(before), targetsOf(next));
    for (const runId of changedRuns) this.#runListeners.emit(runId);
    const counts = (peer?: PeerGateway): string =>
      `${peer?.viewerCount ?? 0} ${peer?.idleTrainers.length ?? 0}`;
    if (changedRuns.length > 0 || counts(before) !== counts(next)) this.#listeners.emit();
  }

  /** Updates the presences after a gateway's clients were replaced. Returns the runs whose publisher connected or disconnected. */
  #updatePresences(before: PeerGateway | undefined, next: PeerGateway | undefined): string[] {
    const runs = new Set([...(before?.publishers.keys() ?? []), ...(next?.publishers.keys() ?? [])]);
    return [...runs].filter((runId) => {
      const presenceBefore = before?.publishers.get(runId)?.presence;
      const hasChanged = presenceBefore !== next?.publishers.get(runId)?.presence;
      if (presenceBefore && hasChanged) presenceBefore.disconnectedAt = performance.now();
      const current = this.#publisherOf(runId)?.presence;
      if (current) this.#presences.set(runId, current);
      return hasChanged;
    });
  }

  #updateTargets(before: readonly CommandTarget[], next: readonly CommandTarget[]): void {
    for (const target of before)
      if (!next.includes(target)) {
        this.#detach.get(target)?.();
        this.#detach.delete(target);
      }
    for (const target of next) if (!before.includes(target)) this.#detach.set(target, this.#attach(target));
  }

  /** Creates the command target of a client of another gateway, which receives its commands in `commandAccepted` messages. */
  #targetAt(
    gatewayId: string,
    { publisherId, commands }: Pick<CommandTarget, 'publisherId' | 'commands'>,
  ): CommandTarget {
    const { bus } = this.#options;
    const send: CommandTarget['send'] = (command) =>
      bus.send({ type: 'commandAccepted', to: gatewayId, publisherId, command });
    return { publisherId, commands, gatewayId, send };
  }

  /** Returns a run's publisher. One that moves between gateways is listed at both for a moment: the newer connection counts. */
  #publisherOf(runId: string): RemotePublisher | undefined {
    return [...this.#gateways.values()]
      .flatMap(({ publishers }) => publishers.get(runId) ?? [])
      .sort((one, other) => other.presence.connectedAt - one.presence.connectedAt)[0];
  }
}

const targetsOf = (peer: PeerGateway | undefined): CommandTarget[] =>
  peer ? [...[...peer.publishers.values()].map(({ target }) => target), ...peer.idleTrainers] : [];

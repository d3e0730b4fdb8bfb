import type { Limits } from '../limits.ts';
import type { CommandTarget } from '../presence/command-target.ts';
import type { PublisherPresence } from '../presence/presence.ts';
import type { RemotePresence } from '../presence/remote-presence.ts';
import type { ClusterBus } from './bus.ts';
import type { PresenceMessage } from './messages.ts';

/** A connection that seems younger by more is another one: messages do not take so long. */
const transitMs = 1_000;

/** A publisher at another gateway. */
interface RemotePublisher {
  target: CommandTarget;
  presence: PublisherPresence;
}

/** What another gateway has said last. */
interface PeerGateway {
  lastMessageAt: number;
  publishers: Map<string, RemotePublisher>;
  idleTrainers: CommandTarget[];
  viewerCount: number;
}

export interface ClusterPeersOptions {
  bus: ClusterBus;
  limits: Pick<Limits, 'rosterLapseMs'>;
}

/** The other gateways, and who is connected to them, as they say themselves; one that is silent for long is gone. */
export class ClusterPeers implements RemotePresence {
  readonly #options: ClusterPeersOptions;
  readonly #gateways = new Map<string, PeerGateway>();
  /** Of every run that was published elsewhere since the start. */
  readonly #presences = new Map<string, PublisherPresence>();
  readonly #runListeners = new Set<(runId: string) => void>();
  readonly #listeners = new Set<() => void>();
  readonly #targetListeners = new Set<(target: CommandTarget) => () => void>();
  readonly #detach = new Map<CommandTarget, (() => void)[]>();

  constructor(options: ClusterPeersOptions) {
    this.#options = options;
  }

  get viewerCount(): number {
    return this.#sum(({ viewerCount: viewers }) => viewers);
  }

  get idleTrainers(): readonly CommandTarget[] {
    return [...this.#gateways.values()].flatMap(({ idleTrainers: waiting }) => waiting);
  }

  publisherOf(runId: string): CommandTarget | undefined {
    return this.#publisherOf(runId)?.target;
  }

  presenceOf(runId: string): PublisherPresence | undefined {
    return this.#presences.get(runId);
  }

  onRunChange(watcher: (runId: string) => void): () => void {
    this.#runListeners.add(watcher);
    return () => this.#runListeners.delete(watcher);
  }

  onChange(watcher: () => void): () => void {
    this.#listeners.add(watcher);
    return () => this.#listeners.delete(watcher);
  }

  /** Calls back with each connection there that takes commands. @param watcher Returns what to do when it is gone. */
  onTarget(watcher: (target: CommandTarget) => () => void): void {
    this.#targetListeners.add(watcher);
  }

  /** Takes what a gateway says of itself in the place of what it said before. */
  update(gateway: string, roster: PresenceMessage): void {
    const before = this.#gateways.get(gateway);
    const now = performance.now();
    const publishers = new Map<string, RemotePublisher>();
    for (const { runId, publisherId, commands, heldMs, heardMs } of roster.publishers) {
      const known = before?.publishers.get(runId);
      const since = now - heldMs;
      const isSame =
        known?.target.publisherId === publisherId && since - known.presence.connectedAt < transitMs;
      const presence = isSame
        ? known.presence
        : { publisherId, connectedAt: since, lastMessageAt: now, disconnectedAt: undefined };
      presence.lastMessageAt = now - heardMs;
      const target = isSame ? known.target : this.#targetAt(gateway, { publisherId, commands });
      publishers.set(runId, { target, presence });
    }
    const waiting = roster.waiting.map(
      ({ publisherId, commands }) =>
        before?.idleTrainers.find((target) => target.publisherId === publisherId) ??
        this.#targetAt(gateway, { publisherId, commands }),
    );
    this.#replace(gateway, {
      lastMessageAt: now,
      publishers,
      idleTrainers: waiting,
      viewerCount: roster.viewers,
    });
  }

  /** A gateway has ended. */
  remove(gateway: string): void {
    this.#replace(gateway, undefined);
  }

  /** Takes those for gone that have been silent for long. */
  removeSilent(): void {
    const now = performance.now();
    for (const [gateway, { lastMessageAt: heardAt }] of this.#gateways)
      if (now - heardAt > this.#options.limits.rosterLapseMs) this.remove(gateway);
  }

  #replace(gateway: string, next: PeerGateway | undefined): void {
    const before = this.#gateways.get(gateway);
    if (next) this.#gateways.set(gateway, next);
    else this.#gateways.delete(gateway);
    const runs = new Set([...(before?.publishers.keys() ?? []), ...(next?.publishers.keys() ?? [])]);
    const changed = [...runs].filter((runId) => {
      const [old, now] = [before?.publishers.get(runId), next?.publishers.get(runId)];
      if (old && old.presence !== now?.presence) old.presence.disconnectedAt ??= performance.now();
      const present = this.#publisherOf(runId)?.presence;
      if (present) this.#presences.set(runId, present);
      return old?.presence !== now?.presence;
    });
    this.#attachAndDetach(targetsOf(before), targetsOf(next));
    for (const runId of changed) for (const watcher of this.#runListeners) watcher(runId);
    const counts = (one?: PeerGateway): string => `${one?.viewerCount ?? 0} ${one?.idleTrainers.length ?? 0}`;
    if (changed.length > 0 || counts(before) !== counts(next))
      for (const watcher of this.#listeners) watcher();
  }

  #attachAndDetach(before: readonly CommandTarget[], next: readonly CommandTarget[]): void {
    for (const target of before)
      if (!next.includes(target)) {
        for (const undo of this.#detach.get(target) ?? []) undo();
        this.#detach.delete(target);
      }
    for (const target of next)
      if (!before.includes(target))
        this.#detach.set(
          target,
          [...this.#targetListeners].map((watcher) => watcher(target)),
        );
  }

  #targetAt(
    gateway: string,
    { publisherId, commands }: Pick<CommandTarget, 'publisherId' | 'commands'>,
  ): CommandTarget {
    const { bus } = this.#options;
    const pass: CommandTarget['send'] = (command) =>
      bus.send({ type: 'ordered', to: gateway, publisherId, command });
    return { publisherId, commands, gatewayId: gateway, send: pass };
  }

  /** The one that came last, where a publisher has just moved from one gateway to another. */
  #publisherOf(runId: string): RemotePublisher | undefined {
    return [...this.#gateways.values()]
      .flatMap(({ publishers }) => publishers.get(runId) ?? [])
      .sort((one, other) => other.presence.connectedAt - one.presence.connectedAt)[0];
  }

  #sum(of: (peer: PeerGateway) => number): number {
    return [...this.#gateways.values()].reduce((sum, peer) => sum + of(peer), 0);
  }
}

const targetsOf = (peer: PeerGateway | undefined): CommandTarget[] =>
  peer ? [...[...peer.publishers.values()].map(({ target }) => target), ...peer.idleTrainers] : [];

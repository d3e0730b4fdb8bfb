import type { Limits } from '../limits.ts';
import type { CommandTaker } from '../presence/command-target.ts';
import type { Presence } from '../presence/presence.ts';
import type { Elsewhere } from '../presence/remote-presence.ts';
import type { Bus } from './bus.ts';
import type { Roster } from './messages.ts';

/** A connection that seems younger by more is another one: messages do not take so long. */
const transitMs = 1_000;

/** A publisher at another gateway. */
interface RemotePublisher {
  taker: CommandTaker;
  presence: Presence;
}

/** What another gateway has said last. */
interface Neighbour {
  heardAt: number;
  publishers: Map<string, RemotePublisher>;
  waiting: CommandTaker[];
  viewers: number;
}

export interface NeighboursOptions {
  bus: Bus;
  limits: Pick<Limits, 'rosterLapseMs'>;
}

/** The other gateways, and who is connected to them, as they say themselves; one that is silent for long is gone. */
export class Neighbours implements Elsewhere {
  readonly #options: NeighboursOptions;
  readonly #gateways = new Map<string, Neighbour>();
  /** Of every run that was published elsewhere since the start. */
  readonly #presences = new Map<string, Presence>();
  readonly #runWatchers = new Set<(runId: string) => void>();
  readonly #watchers = new Set<() => void>();
  readonly #takerWatchers = new Set<(taker: CommandTaker) => () => void>();
  readonly #detach = new Map<CommandTaker, (() => void)[]>();

  constructor(options: NeighboursOptions) {
    this.#options = options;
  }

  get viewers(): number {
    return this.#sum(({ viewers }) => viewers);
  }

  get waiting(): readonly CommandTaker[] {
    return [...this.#gateways.values()].flatMap(({ waiting }) => waiting);
  }

  connected(runId: string): CommandTaker | undefined {
    return this.#publisherOf(runId)?.taker;
  }

  presence(runId: string): Presence | undefined {
    return this.#presences.get(runId);
  }

  watchRuns(watcher: (runId: string) => void): () => void {
    this.#runWatchers.add(watcher);
    return () => this.#runWatchers.delete(watcher);
  }

  watch(watcher: () => void): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  /** Calls back with each connection there that takes commands. @param watcher Returns what to do when it is gone. */
  watchTakers(watcher: (taker: CommandTaker) => () => void): void {
    this.#takerWatchers.add(watcher);
  }

  /** Takes what a gateway says of itself in the place of what it said before. */
  hear(gateway: string, roster: Roster): void {
    const before = this.#gateways.get(gateway);
    const now = performance.now();
    const publishers = new Map<string, RemotePublisher>();
    for (const { runId, publisherId, commands, heldMs, heardMs } of roster.publishers) {
      const known = before?.publishers.get(runId);
      const since = now - heldMs;
      const isSame = known?.taker.publisherId === publisherId && since - known.presence.since < transitMs;
      const presence = isSame ? known.presence : { publisherId, since, heardAt: now, goneAt: undefined };
      presence.heardAt = now - heardMs;
      const taker = isSame ? known.taker : this.#takerAt(gateway, { publisherId, commands });
      publishers.set(runId, { taker, presence });
    }
    const waiting = roster.waiting.map(
      ({ publisherId, commands }) =>
        before?.waiting.find((taker) => taker.publisherId === publisherId) ??
        this.#takerAt(gateway, { publisherId, commands }),
    );
    this.#replace(gateway, { heardAt: now, publishers, waiting, viewers: roster.viewers });
  }

  /** A gateway has ended. */
  lose(gateway: string): void {
    this.#replace(gateway, undefined);
  }

  /** Takes those for gone that have been silent for long. */
  lapse(): void {
    const now = performance.now();
    for (const [gateway, { heardAt }] of this.#gateways)
      if (now - heardAt > this.#options.limits.rosterLapseMs) this.lose(gateway);
  }

  #replace(gateway: string, next: Neighbour | undefined): void {
    const before = this.#gateways.get(gateway);
    if (next) this.#gateways.set(gateway, next);
    else this.#gateways.delete(gateway);
    const runs = new Set([...(before?.publishers.keys() ?? []), ...(next?.publishers.keys() ?? [])]);
    const changed = [...runs].filter((runId) => {
      const [old, now] = [before?.publishers.get(runId), next?.publishers.get(runId)];
      if (old && old.presence !== now?.presence) old.presence.goneAt ??= performance.now();
      const present = this.#publisherOf(runId)?.presence;
      if (present) this.#presences.set(runId, present);
      return old?.presence !== now?.presence;
    });
    this.#attachAndDetach(takersOf(before), takersOf(next));
    for (const runId of changed) for (const watcher of this.#runWatchers) watcher(runId);
    const counts = (one?: Neighbour): string => `${one?.viewers ?? 0} ${one?.waiting.length ?? 0}`;
    if (changed.length > 0 || counts(before) !== counts(next))
      for (const watcher of this.#watchers) watcher();
  }

  #attachAndDetach(before: readonly CommandTaker[], next: readonly CommandTaker[]): void {
    for (const taker of before)
      if (!next.includes(taker)) {
        for (const undo of this.#detach.get(taker) ?? []) undo();
        this.#detach.delete(taker);
      }
    for (const taker of next)
      if (!before.includes(taker))
        this.#detach.set(
          taker,
          [...this.#takerWatchers].map((watcher) => watcher(taker)),
        );
  }

  #takerAt(
    gateway: string,
    { publisherId, commands }: Pick<CommandTaker, 'publisherId' | 'commands'>,
  ): CommandTaker {
    const { bus } = this.#options;
    const pass: CommandTaker['pass'] = (command) =>
      bus.send({ type: 'ordered', to: gateway, publisherId, command });
    return { publisherId, commands, gateway, pass };
  }

  /** The one that came last, where a publisher has just moved from one gateway to another. */
  #publisherOf(runId: string): RemotePublisher | undefined {
    return [...this.#gateways.values()]
      .flatMap(({ publishers }) => publishers.get(runId) ?? [])
      .sort((one, other) => other.presence.since - one.presence.since)[0];
  }

  #sum(of: (neighbour: Neighbour) => number): number {
    return [...this.#gateways.values()].reduce((sum, neighbour) => sum + of(neighbour), 0);
  }
}

const takersOf = (neighbour: Neighbour | undefined): CommandTaker[] =>
  neighbour ? [...[...neighbour.publishers.values()].map(({ taker }) => taker), ...neighbour.waiting] : [];

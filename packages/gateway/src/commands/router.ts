import {
  type Command,
  type CommandName,
  type CommandResult,
  commandFailure,
  type ErrorCode,
  MonitorError,
} from '@mnist-monitor/shared';
import { LRUCache } from 'lru-cache';
import type { Limits } from '../limits.ts';
import type { CommandTarget } from '../presence/command-target.ts';
import type { IdleTrainers } from '../presence/idle-trainers.ts';
import type { Publishers } from '../presence/publishers.ts';
import type { StartingRuns } from '../presence/starting-runs.ts';

/** Informs the routers of other gateways about commands that were sent to trainers of this gateway, and their results. */
export interface CommandRelay {
  /** A command was sent to a trainer that is connected to this gateway. */
  forwarded(command: Command, publisherId: string): void;
  /** A trainer that is connected to this gateway has answered. */
  answered(result: CommandResult, publisherId: string): void;
}

export interface CommandRouterOptions {
  publishers: Publishers;
  idleTrainers: IdleTrainers;
  starts: Pick<StartingRuns, 'noteCommand' | 'noteResult'>;
  relay?: CommandRelay;
  limits: Pick<Limits, 'commandTimeoutMs' | 'pendingCommands' | 'rememberedCommands'>;
}

/** A command that was sent to a trainer. */
interface ForwardedCommand {
  command: Command;
  publisherId: string;
  /** The answer of the trainer; undefined until it arrives. */
  result: CommandResult | undefined;
  /** Time until which a trainer that was sent `start` counts as starting and gets no second `start`. */
  startExpiresAt: number;
  /** The clients that wait for the result. */
  waiting: Set<(result: CommandResult) => void>;
}

/**
 * Sends commands to trainers and returns their results. The router remembers commands by their ids, so that a client may repeat
 * a command without a second effect. A trainer that reconnects is sent its unanswered commands again, which is safe
 * because trainers remember ids too. Commands that no client waits for any more are not sent again: they would take effect
 * unexpectedly late.
 */
export class CommandRouter {
  readonly #options: CommandRouterOptions;
  readonly #commands: LRUCache<string, ForwardedCommand>;
  readonly #targets = new Set<CommandTarget>();
  #pendingCount = 0;

  constructor(options: CommandRouterOptions) {
    this.#options = options;
    this.#commands = new LRUCache({ max: options.limits.rememberedCommands });
  }

  /**
   * Sends a command and resolves with its result, or with `command.timeout` when the trainer does not answer in time.
   * @throws MonitorError when the command cannot be sent.
   */
  async execute(command: Command): Promise<CommandResult> {
    const known = this.#commands.get(command.id);
    if (known?.result) return known.result;
    if (this.#pendingCount >= this.#options.limits.pendingCommands)
      throw new MonitorError('command.too_many', 'too many commands wait for their answers: try again later');
    if (!known) return this.#resultOf(this.#forward(command, this.#targetFor(command)));
    // A process that has moved may be listed at its earlier connection for a moment: the newest one counts.
    const target = [...this.#targets].findLast((target) => this.#isFor(target, known));
    if (target) this.#sendTo(target, known.command);
    return this.#resultOf(known);
  }

  /**
   * Adds a connected target, and sends it the commands for it that its process has not answered and clients still wait for.
   * Returns the function that removes the target.
   */
  attach(target: CommandTarget): () => void {
    this.#targets.add(target);
    // Reversed, because the cache lists the most recently used command first, and trainers need the earliest first.
    for (const forwarded of [...this.#commands.values()].reverse()) {
      const { command, result, waiting } = forwarded;
      if (this.#isFor(target, forwarded) && !result && waiting.size > 0) this.#sendTo(target, command);
    }
    return () => this.#targets.delete(target);
  }

  /** Accepts the result of a command from a trainer that is connected to this gateway, and forwards it to the other gateways. */
  receiveResult(result: CommandResult, publisherId: string): void {
    if (this.acceptResult(result, publisherId)) this.#options.relay?.answered(result, publisherId);
  }

  /**
   * Accepts the result of a command from a trainer that is connected to any gateway. Returns false, and ignores the
   * result, when the command is unknown or was sent to another process.
   */
  acceptResult(result: CommandResult, publisherId: string): boolean {
    const forwarded = this.#commands.get(result.id);
    if (forwarded?.publisherId !== publisherId) return false;
    forwarded.result = result;
    this.#options.starts.noteResult(result, publisherId);
    for (const resolve of forwarded.waiting) resolve(result);
    return true;
  }

  /** Remembers a command that another gateway has sent, so that a client may repeat it at this gateway. */
  remember(command: Command, publisherId: string): void {
    if (!this.#commands.has(command.id)) this.#record(command, publisherId);
  }

  /** Sends a command of another gateway's client to the trainer, which is connected to this gateway. */
  deliver(command: Command, publisherId: string): void {
    this.remember(command, publisherId);
    const isLocal = (target: CommandTarget): boolean =>
      target.gatewayId === undefined && this.#isFor(target, { command, publisherId });
    [...this.#targets].find(isLocal)?.send(command);
  }

  /**
   * Returns whether a command of a process is for this connection of the process. A command about a run is only for the connection that
   * publishes the run. While there is none, the command waits: the trainer may have executed it, and its answer is lost.
   */
  #isFor(target: CommandTarget, { command, publisherId }: Pick<ForwardedCommand, 'command' | 'publisherId'>) {
    if (target.publisherId !== publisherId) return false;
    if (!isAboutRun(command) || command.runId === undefined) return true;
    return this.#options.publishers.publisherOf(command.runId) === target;
  }

  #targetFor({ command, runId }: Command): CommandTarget {
    if (command === 'start') return this.#targetForStart(runId);
    if (queueCommands.has(command)) return this.#targetForQueue(command, runId);
    if (runId === undefined) return fail('command.no_trainer', 'there is no run yet');
    const publisher = this.#options.publishers.publisherOf(runId);
    if (!publisher) return fail('command.no_trainer', `no trainer is connected for run ${runId}`);
    if (publisher.commands.includes(command)) return publisher;
    return fail('command.refused', `the publisher of run ${runId} does not accept ${command}`);
  }

  /**
   * Returns the trainer of the run that the client follows, whether it still trains that run, trains another one or is
   * idle; or else the trainer that has been idle for the longest time.
   */
  #targetForQueue(command: CommandName, runId: string | undefined): CommandTarget {
    const { publishers, idleTrainers } = this.#options;
    const accepts = (target: CommandTarget): boolean => target.commands.includes(command);
    const publisher = runId === undefined ? undefined : publishers.publisherOf(runId);
    if (publisher && accepts(publisher)) return publisher;
    const lastId = runId === undefined ? undefined : publishers.presenceOf(runId)?.publisherId;
    const last = [...this.#targets].findLast((target) => target.publisherId === lastId && accepts(target));
    const target = last ?? idleTrainers.choose(accepts, undefined);
    if (target) return target;
    const ofRun = runId === undefined ? '' : `, and the one of run ${runId} does not or is not connected`;
    return fail('command.no_trainer', `no idle trainer accepts ${command}${ofRun}`);
  }

  /** Returns an idle trainer that accepts `start`, preferably the last publisher of the run that the client follows. */
  #targetForStart(runId: string | undefined): CommandTarget {
    const { publishers, idleTrainers } = this.#options;
    const preferredId = runId === undefined ? undefined : publishers.presenceOf(runId)?.publisherId;
    const trainer = idleTrainers.choose((target) => !this.#isStarting(target), preferredId);
    if (trainer) return trainer;
    return fail(
      'command.no_trainer',
      this.#targets.size === 0
        ? 'no trainer is connected that could start a run'
        : 'no trainer is idle: wait until the current run has ended',
    );
  }

  /** Returns whether the trainer was sent a `start` that it may still be executing. */
  #isStarting(target: CommandTarget): boolean {
    const now = performance.now();
    return [...this.#commands.values()].some(
      ({ command, publisherId, result, startExpiresAt }) =>
        publisherId === target.publisherId && command.command === 'start' && !result && now < startExpiresAt,
    );
  }

  /** Remembers a command and sends it. */
  #forward(command: Command, target: CommandTarget): ForwardedCommand {
    const forwarded = this.#record(command, target.publisherId);
    this.#sendTo(target, command);
    return forwarded;
  }

  #sendTo(target: CommandTarget, command: Command): void {
    // Before the target refuses a command at once, so that the other gateways know the command when its result arrives.
    if (target.gatewayId === undefined) this.#options.relay?.forwarded(command, target.publisherId);
    target.send(command);
  }

  #record(command: Command, publisherId: string): ForwardedCommand {
    const startExpiresAt = performance.now() + this.#options.limits.commandTimeoutMs;
    const forwarded: ForwardedCommand = {
      ...{ command, publisherId, result: undefined },
      ...{ startExpiresAt, waiting: new Set() },
    };
    this.#commands.set(command.id, forwarded);
    this.#options.starts.noteCommand(command, publisherId);
    return forwarded;
  }

  #resultOf({ command, result, waiting }: ForwardedCommand): Promise<CommandResult> {
    if (result) return Promise.resolve(result);
    const { commandTimeoutMs } = this.#options.limits;
    this.#pendingCount++;
    return new Promise((resolve) => {
      const finish = (result: CommandResult): void => {
        clearTimeout(timer);
        waiting.delete(finish);
        this.#pendingCount--;
        resolve(result);
      };
      const timeout = commandFailure(
        command.id,
        'command.timeout',
        `the trainer has not answered within ${commandTimeoutMs / 1_000} s: the command may or may not have taken effect`,
      );
      const timer = setTimeout(() => finish(timeout), commandTimeoutMs).unref();
      waiting.add(finish);
    });
  }
}

/** The commands about the queue of starts, which a trainer accepts while it trains and while it is idle. */
const queueCommands: ReadonlySet<CommandName> = new Set([
  'enqueue',
  'listQueue',
  'moveQueued',
  'cancelQueued',
]);

/** Returns whether a command changes the run that it names: whether it is neither a start nor about the queue. */
export const isAboutRun = ({ command }: Pick<Command, 'command'>): boolean =>
  command !== 'start' && !queueCommands.has(command);

function fail(code: ErrorCode, message: string): never {
  throw new MonitorError(code, message);
}

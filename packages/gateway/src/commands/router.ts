import {
  type Command,
  type CommandResult,
  commandFailure,
  type ErrorCode,
  MonitorError,
} from '@mnist-monitor/shared';
import type { Limits } from '../limits.ts';
import type { CommandTarget } from '../presence/command-target.ts';
import type { IdleTrainers } from '../presence/idle-trainers.ts';
import type { Publishers } from '../presence/publishers.ts';

/** Hears what a router does, for the desks of other gateways. */
export interface CommandRelay {
  /** A command was passed to a trainer that is connected here. */
  forwarded(command: Command, publisherId: string): void;
  /** A trainer that is connected here has answered. */
  answered(result: CommandResult, publisherId: string): void;
}

export interface CommandRouterOptions {
  publishers: Publishers;
  idleTrainers: IdleTrainers;
  relay?: CommandRelay;
  limits: Pick<Limits, 'commandTimeoutMs' | 'pendingCommands' | 'rememberedCommands'>;
}

/** A command that was passed to a trainer. */
interface ForwardedCommand {
  command: Command;
  publisherId: string;
  /** Undefined until the trainer has answered. */
  result: CommandResult | undefined;
  /** A trainer that was told to start is not told again before. */
  startExpiresAt: number;
  /** Those that wait for the answer. */
  listeners: Set<(result: CommandResult) => void>;
}

/**
 * Passes commands to trainers and their answers back. What was passed is remembered by its id: the same id again is the
 * same command. A trainer that comes back gets again what it has not answered, for it remembers ids as well; but not
 * what nobody waits for any longer, which would take place out of the blue.
 */
export class CommandRouter {
  readonly #options: CommandRouterOptions;
  /** The oldest first. */
  readonly #forwarded = new Map<string, ForwardedCommand>();
  readonly #targets = new Set<CommandTarget>();
  #pendingCount = 0;

  constructor(options: CommandRouterOptions) {
    this.#options = options;
  }

  /**
   * Passes a command on and resolves with the answer; with `command.timeout` when none comes in time.
   * @throws MonitorError when it cannot be passed on.
   */
  async execute(command: Command): Promise<CommandResult> {
    const known = this.#forwarded.get(command.id);
    if (known?.result) return known.result;
    if (this.#pendingCount >= this.#options.limits.pendingCommands)
      throw new MonitorError('command.too_many', 'too many commands wait for their answers: try again later');
    if (!known) return this.#resultOf(this.#forward(command, this.#targetFor(command)));
    const target = this.#targetOf(known.publisherId);
    if (target) this.#sendTo(known.command, target);
    return this.#resultOf(known);
  }

  /** A connection that takes commands is there: what its process has not answered goes out again. Returns the undo. */
  attach(target: CommandTarget): () => void {
    this.#targets.add(target);
    for (const { publisherId, command, result, listeners: waiting } of this.#forwarded.values())
      if (publisherId === target.publisherId && !result && waiting.size > 0) this.#sendTo(command, target);
    return () => this.#targets.delete(target);
  }

  /** Takes an answer from the process that the command was passed to; others are not listened to. */
  receiveResult(result: CommandResult, publisherId: string): void {
    if (this.acceptResult(result, publisherId)) this.#options.relay?.answered(result, publisherId);
  }

  /** The same, of a process that is connected to another gateway; false when the command is not known. */
  acceptResult(result: CommandResult, publisherId: string): boolean {
    const passed = this.#forwarded.get(result.id);
    if (passed?.publisherId !== publisherId) return false;
    passed.result = result;
    for (const answer of passed.listeners) answer(result);
    return true;
  }

  /** A command was given at another gateway: it is the same command here. */
  remember(command: Command, publisherId: string): void {
    if (!this.#forwarded.has(command.id)) this.#record(command, publisherId);
  }

  /** The same, and the trainer is connected here. */
  deliver(command: Command, publisherId: string): void {
    this.remember(command, publisherId);
    const isHere = ({ gatewayId: gateway, ...target }: CommandTarget): boolean =>
      gateway === undefined && target.publisherId === publisherId;
    [...this.#targets].find(isHere)?.send(command);
  }

  #targetFor({ command, runId }: Command): CommandTarget {
    const { publishers, idleTrainers } = this.#options;
    if (command === 'start') {
      const preferred = runId === undefined ? undefined : publishers.presenceOf(runId)?.publisherId;
      const trainer = idleTrainers.longestIdle((target) => !this.#isStarting(target), preferred);
      if (trainer) return trainer;
      return fail(
        'command.no_trainer',
        this.#targets.size === 0
          ? 'no trainer is connected that could start a run'
          : 'no trainer waits for a start: the one at work has to end',
      );
    }
    if (runId === undefined) return fail('command.no_trainer', 'there is no run yet');
    const publication = publishers.publisherOf(runId);
    if (!publication) return fail('command.no_trainer', `no trainer is connected for run ${runId}`);
    if (publication.commands.includes(command)) return publication;
    return fail('command.refused', `the publisher of run ${runId} does not take ${command}`);
  }

  #isStarting({ publisherId }: CommandTarget): boolean {
    const now = performance.now();
    return [...this.#forwarded.values()].some(
      ({ command, result, startExpiresAt: expiresAt, ...passed }) =>
        passed.publisherId === publisherId && command.command === 'start' && !result && now < expiresAt,
    );
  }

  #forward(command: Command, target: CommandTarget): ForwardedCommand {
    const passed = this.#record(command, target.publisherId);
    this.#sendTo(command, target);
    return passed;
  }

  #sendTo(command: Command, target: CommandTarget): void {
    target.send(command);
    if (target.gatewayId === undefined) this.#options.relay?.forwarded(command, target.publisherId);
  }

  #record(command: Command, publisherId: string): ForwardedCommand {
    const { commandTimeoutMs, rememberedCommands } = this.#options.limits;
    const expiresAt = performance.now() + commandTimeoutMs;
    const passed: ForwardedCommand = {
      command,
      publisherId,
      result: undefined,
      startExpiresAt: expiresAt,
      listeners: new Set(),
    };
    this.#forwarded.set(command.id, passed);
    if (this.#forwarded.size > rememberedCommands) {
      const [oldest] = this.#forwarded.keys();
      this.#forwarded.delete(oldest as string);
    }
    return passed;
  }

  #resultOf({ command, listeners: waiting }: ForwardedCommand): Promise<CommandResult> {
    const { commandTimeoutMs } = this.#options.limits;
    this.#pendingCount++;
    return new Promise((resolve) => {
      const answer = (result: CommandResult): void => {
        clearTimeout(timer);
        waiting.delete(answer);
        this.#pendingCount--;
        resolve(result);
      };
      const seconds = commandTimeoutMs / 1_000;
      const late = commandFailure(
        command.id,
        'command.timeout',
        `the trainer has not answered within ${seconds} s, so it is not known whether the command was done`,
      );
      const timer = setTimeout(() => answer(late), commandTimeoutMs).unref();
      waiting.add(answer);
    });
  }

  #targetOf(publisherId: string): CommandTarget | undefined {
    return [...this.#targets].find((target) => target.publisherId === publisherId);
  }
}

function fail(code: ErrorCode, message: string): never {
  throw new MonitorError(code, message);
}

import {
  type Command,
  type CommandResult,
  commandFailure,
  type ErrorCode,
  MonitorError,
} from '@mnist-monitor/shared';
import type { Limits } from '../limits.ts';
import type { CommandTaker } from '../presence/command-target.ts';
import type { WaitingTrainers } from '../presence/idle-trainers.ts';
import type { Publishers } from '../presence/publishers.ts';

/** Hears what a desk does, for the desks of other gateways. */
export interface CommandRelay {
  /** A command was passed to a trainer that is connected here. */
  passed(command: Command, publisherId: string): void;
  /** A trainer that is connected here has answered. */
  answered(result: CommandResult, publisherId: string): void;
}

export interface CommandDeskOptions {
  publishers: Publishers;
  trainers: WaitingTrainers;
  relay?: CommandRelay;
  limits: Pick<Limits, 'commandTimeoutMs' | 'pendingCommands' | 'rememberedCommands'>;
}

/** A command that was passed to a trainer. */
interface Passed {
  command: Command;
  publisherId: string;
  /** Undefined until the trainer has answered. */
  result: CommandResult | undefined;
  /** A trainer that was told to start is not told again before. */
  expiresAt: number;
  /** Those that wait for the answer. */
  waiting: Set<(result: CommandResult) => void>;
}

/**
 * Passes commands to trainers and their answers back. What was passed is remembered by its id: the same id again is the
 * same command. A trainer that comes back gets again what it has not answered, for it remembers ids as well; but not
 * what nobody waits for any longer, which would take place out of the blue.
 */
export class CommandDesk {
  readonly #options: CommandDeskOptions;
  /** The oldest first. */
  readonly #passed = new Map<string, Passed>();
  readonly #takers = new Set<CommandTaker>();
  #waitingCount = 0;

  constructor(options: CommandDeskOptions) {
    this.#options = options;
  }

  /**
   * Passes a command on and resolves with the answer; with `command.timeout` when none comes in time.
   * @throws MonitorError when it cannot be passed on.
   */
  async execute(command: Command): Promise<CommandResult> {
    const known = this.#passed.get(command.id);
    if (known?.result) return known.result;
    if (this.#waitingCount >= this.#options.limits.pendingCommands)
      throw new MonitorError('command.too_many', 'too many commands wait for their answers: try again later');
    if (!known) return this.#answerTo(this.#pass(command, this.#takerFor(command)));
    const taker = this.#connectionOf(known.publisherId);
    if (taker) this.#hand(known.command, taker);
    return this.#answerTo(known);
  }

  /** A connection that takes commands is there: what its process has not answered goes out again. Returns the undo. */
  attach(taker: CommandTaker): () => void {
    this.#takers.add(taker);
    for (const { publisherId, command, result, waiting } of this.#passed.values())
      if (publisherId === taker.publisherId && !result && waiting.size > 0) this.#hand(command, taker);
    return () => this.#takers.delete(taker);
  }

  /** Takes an answer from the process that the command was passed to; others are not listened to. */
  receive(result: CommandResult, publisherId: string): void {
    if (this.answered(result, publisherId)) this.#options.relay?.answered(result, publisherId);
  }

  /** The same, of a process that is connected to another gateway; false when the command is not known. */
  answered(result: CommandResult, publisherId: string): boolean {
    const passed = this.#passed.get(result.id);
    if (passed?.publisherId !== publisherId) return false;
    passed.result = result;
    for (const answer of passed.waiting) answer(result);
    return true;
  }

  /** A command was given at another gateway: it is the same command here. */
  learn(command: Command, publisherId: string): void {
    if (!this.#passed.has(command.id)) this.#remember(command, publisherId);
  }

  /** The same, and the trainer is connected here. */
  deliver(command: Command, publisherId: string): void {
    this.learn(command, publisherId);
    const isHere = ({ gateway, ...taker }: CommandTaker): boolean =>
      gateway === undefined && taker.publisherId === publisherId;
    [...this.#takers].find(isHere)?.pass(command);
  }

  #takerFor({ command, runId }: Command): CommandTaker {
    const { publishers, trainers } = this.#options;
    if (command === 'start') {
      const preferred = runId === undefined ? undefined : publishers.presence(runId)?.publisherId;
      const trainer = trainers.longestWaiting((taker) => !this.#isStarting(taker), preferred);
      if (trainer) return trainer;
      return fail(
        'command.no_trainer',
        this.#takers.size === 0
          ? 'no trainer is connected that could start a run'
          : 'no trainer waits for a start: the one at work has to end',
      );
    }
    if (runId === undefined) return fail('command.no_trainer', 'there is no run yet');
    const publication = publishers.connected(runId);
    if (!publication) return fail('command.no_trainer', `no trainer is connected for run ${runId}`);
    if (publication.commands.includes(command)) return publication;
    return fail('command.refused', `the publisher of run ${runId} does not take ${command}`);
  }

  #isStarting({ publisherId }: CommandTaker): boolean {
    const now = performance.now();
    return [...this.#passed.values()].some(
      ({ command, result, expiresAt, ...passed }) =>
        passed.publisherId === publisherId && command.command === 'start' && !result && now < expiresAt,
    );
  }

  #pass(command: Command, taker: CommandTaker): Passed {
    const passed = this.#remember(command, taker.publisherId);
    this.#hand(command, taker);
    return passed;
  }

  #hand(command: Command, taker: CommandTaker): void {
    taker.pass(command);
    if (taker.gateway === undefined) this.#options.relay?.passed(command, taker.publisherId);
  }

  #remember(command: Command, publisherId: string): Passed {
    const { commandTimeoutMs, rememberedCommands } = this.#options.limits;
    const expiresAt = performance.now() + commandTimeoutMs;
    const passed: Passed = { command, publisherId, result: undefined, expiresAt, waiting: new Set() };
    this.#passed.set(command.id, passed);
    if (this.#passed.size > rememberedCommands) {
      const [oldest] = this.#passed.keys();
      this.#passed.delete(oldest as string);
    }
    return passed;
  }

  #answerTo({ command, waiting }: Passed): Promise<CommandResult> {
    const { commandTimeoutMs } = this.#options.limits;
    this.#waitingCount++;
    return new Promise((resolve) => {
      const answer = (result: CommandResult): void => {
        clearTimeout(timer);
        waiting.delete(answer);
        this.#waitingCount--;
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

  #connectionOf(publisherId: string): CommandTaker | undefined {
    return [...this.#takers].find((taker) => taker.publisherId === publisherId);
  }
}

function fail(code: ErrorCode, message: string): never {
  throw new MonitorError(code, message);
}

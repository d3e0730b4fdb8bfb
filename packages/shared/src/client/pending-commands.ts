import { encode } from '../protocol/codec.ts';
import type { ErrorCode } from '../protocol/errors.ts';
import type { Command, CommandResult } from '../schemas/commands.ts';
import { type Clock, systemClock } from './clock.ts';

/**
 * Time limit for an answer. It is longer than the 10 s that the gateway waits for the trainer, so that the gateway's own
 * `command.timeout` arrives first.
 */
const answerTimeoutMs = 15_000;

type Send = (text: string) => void;

interface PendingCommand {
  text: string;
  resolve(result: CommandResult): void;
  result: Promise<CommandResult>;
}

interface PendingCommandsOptions {
  timeoutMs?: number | undefined;
  clock?: Clock | undefined;
}

/** A client's commands that have no answer yet. They can be sent again with the same ids after a reconnection. */
export class PendingCommands {
  readonly #pending = new Map<string, PendingCommand>();
  readonly #timeoutMs: number;
  readonly #clock: Clock;

  constructor({ timeoutMs = answerTimeoutMs, clock = systemClock }: PendingCommandsOptions = {}) {
    this.#timeoutMs = timeoutMs;
    this.#clock = clock;
  }

  /**
   * Sends a command. Resolves with the answer, or with `command.timeout` when none arrives in time. A command whose id is
   * pending already is sent again and shares the answer.
   */
  send(command: Command, send: Send): Promise<CommandResult> {
    const { id } = command;
    const text = encode(command);
    const pending = this.#pending.get(id) ?? this.#add(id, text);
    send(text);
    return pending.result;
  }

  #add(id: string, text: string): PendingCommand {
    let resolve = (_result: CommandResult): void => {};
    const result = new Promise<CommandResult>((resolveResult) => {
      resolve = (answer) => {
        this.#clock.clearTimeout(timer);
        this.#pending.delete(id);
        resolveResult(answer);
      };
    });
    const timer = this.#clock.setTimeout(
      () => resolve(unknownOutcome(id, 'no answer has arrived')),
      this.#timeoutMs,
    );
    const pending = { text, resolve, result };
    this.#pending.set(id, pending);
    return pending;
  }

  /** Sends every command without an answer again. */
  resend(send: Send): void {
    for (const { text } of this.#pending.values()) send(text);
  }

  /** Resolves the command with the id of the result; ignores results of unknown commands. */
  receive(result: CommandResult): void {
    this.#pending.get(result.id)?.resolve(result);
  }

  /** Resolves every command with `command.timeout`, because no answer can arrive any more. */
  failAll(reason: string): void {
    for (const [id, { resolve }] of this.#pending) resolve(unknownOutcome(id, reason));
  }
}

/** Builds the result of a command that failed. */
export const commandFailure = (id: string, code: ErrorCode, message: string): CommandResult => ({
  type: 'commandResult',
  id,
  ok: false,
  code,
  message,
});

const unknownOutcome = (id: string, reason: string): CommandResult =>
  commandFailure(id, 'command.timeout', `${reason}, so it is not known whether the command was executed`);

/** Creates a command id: 128 random bits in hex. `crypto.randomUUID` is missing on pages without HTTPS. */
export function newCommandId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

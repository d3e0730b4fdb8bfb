import { encode } from '../protocol/codec.ts';
import type { ErrorCode } from '../protocol/errors.ts';
import type { Command, CommandResult } from '../schemas/commands.ts';

/** Longer than the gateway waits for the trainer, so that its answer comes first. */
const answerTimeoutMs = 15_000;

type Send = (text: string) => void;

interface Pending {
  text: string;
  answer(result: CommandResult): void;
  answered: Promise<CommandResult>;
}

/** A client's commands that have no answer yet. They go out again after a reconnect, as what they are: the same. */
export class PendingCommands {
  readonly #pending = new Map<string, Pending>();
  readonly #timeoutMs: number;

  constructor(timeoutMs = answerTimeoutMs) {
    this.#timeoutMs = timeoutMs;
  }

  /** Sends, and resolves with the answer; with `command.timeout` when none has come in time. */
  send(command: Command, send: Send): Promise<CommandResult> {
    const { id } = command;
    const text = encode(command);
    const pending = this.#pending.get(id) ?? this.#expect(id, text);
    send(text);
    return pending.answered;
  }

  #expect(id: string, text: string): Pending {
    let answer = (_result: CommandResult): void => {};
    const answered = new Promise<CommandResult>((resolve) => {
      answer = (result) => {
        clearTimeout(timer);
        this.#pending.delete(id);
        resolve(result);
      };
    });
    const late = (): void => answer(commandFailure(id, 'command.timeout', unknown('no answer has come')));
    const timer = setTimeout(late, this.#timeoutMs);
    const pending = { text, answer, answered };
    this.#pending.set(id, pending);
    return pending;
  }

  resend(send: Send): void {
    for (const { text } of this.#pending.values()) send(text);
  }

  receive(result: CommandResult): void {
    this.#pending.get(result.id)?.answer(result);
  }

  /** Answers all that wait: no answer can come any more. */
  failAll(why: string): void {
    for (const [id, { answer }] of this.#pending) answer(commandFailure(id, 'command.timeout', unknown(why)));
  }
}

/** An answer that says what went wrong. */
export const commandFailure = (id: string, code: ErrorCode, message: string): CommandResult => ({
  type: 'commandResult',
  id,
  ok: false,
  code,
  message,
});

const unknown = (why: string): string => `${why}, so it is not known whether the command was done`;

/** 128 bits by chance: `crypto.randomUUID` is missing on pages that do not come over HTTPS. */
export function newCommandId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

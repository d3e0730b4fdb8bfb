import { commandResultSchema, encode, formatIssues, type TrainerWait } from '@mnist-monitor/shared';
import { decodeFromClient } from '../json-issue.ts';
import type { CommandTarget } from '../presence/command-target.ts';
import type { Peer } from '../sockets/peer.ts';
import type { SessionContext, SessionHandler } from './session-context.ts';

/** The session of a trainer that has no run: it receives commands and answers them. */
export class IdleSession implements SessionHandler {
  readonly #context: SessionContext;
  readonly #peer: Peer;
  readonly #publisherId: string;

  constructor(context: SessionContext, peer: Peer, { publisherId, commands }: TrainerWait) {
    this.#context = context;
    this.#peer = peer;
    this.#publisherId = publisherId;
    const target: CommandTarget = { publisherId, commands, send: (command) => peer.send(encode(command)) };
    peer.send(encode({ type: 'waiting' }));
    const removals = [context.idleTrainers.add(target), context.router.attach(target)];
    peer.onClose(() => {
      for (const remove of removals) remove();
    });
  }

  receive(text: string): void {
    const result = decodeFromClient(commandResultSchema, text, this.#context.limits);
    if (result.ok) this.#context.router.receiveResult(result.value, this.#publisherId);
    else
      this.#peer.close('invalid', `expected the answer to a command: ${formatIssues(result.error.issues)}`);
  }

  /** Resolves at once: an idle session accepts no events. */
  async settled(): Promise<void> {}
}

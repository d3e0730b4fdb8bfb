import { commandResultSchema, decode, encode, formatIssues, type TrainerWait } from '@mnist-monitor/shared';
import type { CommandTaker } from '../presence/command-target.ts';
import type { Peer } from '../sockets/peer.ts';
import type { Conversation, SessionContext } from './conversation.ts';

/** A waiting trainer's connection: commands down, answers up. */
export class Waiting implements Conversation {
  readonly #context: SessionContext;
  readonly #peer: Peer;
  readonly #publisherId: string;

  constructor(context: SessionContext, peer: Peer, { publisherId, commands }: TrainerWait) {
    this.#context = context;
    this.#peer = peer;
    this.#publisherId = publisherId;
    const taker: CommandTaker = { publisherId, commands, pass: (command) => peer.send(encode(command)) };
    peer.send(encode({ type: 'waiting' }));
    const undos = [context.trainers.add(taker), context.desk.attach(taker)];
    peer.gone.addEventListener('abort', () => {
      for (const undo of undos) undo();
    });
  }

  receive(text: string): void {
    const result = decode(commandResultSchema, text);
    if (result.ok) this.#context.desk.receive(result.value, this.#publisherId);
    else
      this.#peer.close('invalid', `expected the answer to a command: ${formatIssues(result.error.issues)}`);
  }

  /** There is nothing to finish. */
  async settled(): Promise<void> {}
}

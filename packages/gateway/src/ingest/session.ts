import { decode, formatIssues, ingestFirstMessageSchema } from '@mnist-monitor/shared';
import type { Peer } from '../sockets/peer.ts';
import { tokenFits } from '../trust/token.ts';
import type { Conversation, SessionContext } from './conversation.ts';
import { Waiting } from './idle-session.ts';
import { Publishing } from './publisher-session.ts';

/** One connection to the ingest port: it says what it is, and is listened to as that. */
export class IngestSession {
  readonly #context: SessionContext;
  readonly #peer: Peer;
  readonly #firstTimer: NodeJS.Timeout;
  #conversation: Conversation | undefined;
  #stopped = false;

  constructor(context: SessionContext, peer: Peer) {
    this.#context = context;
    this.#peer = peer;
    this.#firstTimer = setTimeout(() => peer.close('helloTimeout'), context.limits.helloTimeoutMs);
    peer.gone.addEventListener('abort', () => clearTimeout(this.#firstTimer));
  }

  async receive(text: string): Promise<void> {
    if (this.#stopped) return;
    if (this.#conversation) this.#conversation.receive(text);
    else await this.#receiveFirst(text);
  }

  /** Takes nothing more in, and resolves when what was taken in is durable and acknowledged. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#conversation?.settled();
  }

  async #receiveFirst(text: string): Promise<void> {
    clearTimeout(this.#firstTimer);
    const result = decode(ingestFirstMessageSchema, text);
    if (!result.ok)
      return this.#peer.close('invalid', `expected hello: ${formatIssues(result.error.issues)}`);
    const first = result.value;
    if (!tokenFits(this.#context.token, first.token)) return this.#peer.close('unauthorized');
    if (first.type === 'wait') {
      this.#conversation = new Waiting(this.#context, this.#peer, first);
      return;
    }
    const publishing = new Publishing(this.#context, this.#peer, first);
    this.#conversation = publishing;
    await publishing.open();
  }
}

import { formatIssues, ingestFirstMessageSchema } from '@mnist-monitor/shared';
import { decodeFromClient } from '../json-issue.ts';
import type { Peer } from '../sockets/peer.ts';
import { IdleSession } from './idle-session.ts';
import { PublisherSession } from './publisher-session.ts';
import type { SessionContext, SessionHandler } from './session-context.ts';

/** A connection to the ingest port. Its first message makes it the session of a publisher or of an idle trainer. */
export class IngestSession {
  readonly #context: SessionContext;
  readonly #peer: Peer;
  readonly #helloTimer: NodeJS.Timeout;
  #handler: SessionHandler | undefined;
  #stopped = false;

  /**
   * Starts the time limit of the first message. Until that message is accepted, the session cuts the connection instead
   * of closing it: waiting for the client's answer to a close would keep the connection open for up to 10 s.
   */
  constructor(context: SessionContext, peer: Peer) {
    this.#context = context;
    this.#peer = peer;
    this.#helloTimer = setTimeout(() => peer.cut('helloTimeout'), context.limits.helloTimeoutMs);
    peer.onClose(() => clearTimeout(this.#helloTimer));
    context.admission.add(peer);
  }

  async receive(text: string): Promise<void> {
    if (this.#stopped) return;
    if (this.#handler) this.#handler.receive(text);
    else await this.#receiveFirst(text);
  }

  /** Ignores further messages, and resolves when all accepted events are durable and acknowledged. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#handler?.settled();
  }

  async #receiveFirst(text: string): Promise<void> {
    clearTimeout(this.#helloTimer);
    const result = decodeFromClient(ingestFirstMessageSchema, text, this.#context.limits);
    if (!result.ok)
      return this.#peer.cut('invalid', `expected hello or wait: ${formatIssues(result.error.issues)}`);
    const first = result.value;
    const verdict = this.#context.checkToken(first.token);
    if (verdict === 'tooMany')
      return this.#peer.cut('tooMany', 'This address sent too many wrong tokens; try again in a minute.');
    if (verdict !== 'accepted') return this.#peer.cut('unauthorized');
    if (!this.#context.admission.promote(this.#peer))
      return this.#peer.cut(
        'tooMany',
        'Other publishers use all connections of this gateway; try again later.',
      );
    if (first.type === 'wait') {
      this.#handler = new IdleSession(this.#context, this.#peer, first);
      return;
    }
    const session = new PublisherSession(this.#context, this.#peer, first);
    this.#handler = session;
    await session.open();
  }
}

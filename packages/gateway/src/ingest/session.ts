import {
  type DecodeFailure,
  decode,
  describeIssues,
  encode,
  event,
  type IngestReply,
  type MonitorEvent,
  type PublisherHello,
  publisherHello,
} from '@mnist-monitor/shared';
import type { Hub } from '../hub.ts';
import type { Limits } from '../limits.ts';
import type { Peer } from '../sockets/peer.ts';
import { type Store, toStored } from '../store/store.ts';
import type { Publication, Publishers } from './publishers.ts';
import { readRejection } from './rejection.ts';
import { RunWriter } from './run-writer.ts';
import { tokenFits } from './token.ts';

export interface SessionContext {
  store: Store;
  hub: Hub;
  publishers: Publishers;
  limits: Limits;
  token: string | undefined;
  /** What goes wrong with the store, for the log. */
  onStoreFailure: (error: unknown) => void;
}

/** One connection of a publisher: hello, resume, then events. */
export class IngestSession {
  readonly #context: SessionContext;
  readonly #peer: Peer;
  readonly #helloTimer: NodeJS.Timeout;
  #runId: string | undefined;
  #writer: RunWriter | undefined;
  #stopped = false;

  constructor(context: SessionContext, peer: Peer) {
    this.#context = context;
    this.#peer = peer;
    this.#helloTimer = setTimeout(() => peer.close('helloTimeout'), context.limits.helloTimeoutMs);
    peer.gone.addEventListener('abort', () => clearTimeout(this.#helloTimer));
  }

  async receive(text: string): Promise<void> {
    if (this.#stopped) return;
    if (this.#writer) this.#receiveEvent(this.#writer, text);
    else if (this.#runId === undefined) await this.#receiveHello(text);
    else this.#peer.close('invalid', 'expected nothing before "resume" was sent');
  }

  /** Takes nothing more in, and resolves when what was taken in is durable and acknowledged. */
  stop(): Promise<void> {
    this.#stopped = true;
    return this.settled();
  }

  /** Resolves when every event taken in is durable, or the store has failed. */
  async settled(): Promise<void> {
    await this.#writer?.settled();
  }

  async #receiveHello(text: string): Promise<void> {
    clearTimeout(this.#helloTimer);
    const result = decode(publisherHello, text);
    if (!result.ok) this.#peer.close('invalid', `expected hello: ${describeIssues(result.error.issues)}`);
    else if (!tokenFits(this.#context.token, result.value.token)) this.#peer.close('unauthorized');
    else await this.#open(result.value);
  }

  async #open({ runId, publisherId }: PublisherHello): Promise<void> {
    const { publishers, store, hub } = this.#context;
    const { gone } = this.#peer;
    const publication = this.#asPublication(publisherId);
    const claim = publishers.claim(runId, publication);
    if (claim.taken) return this.#peer.close('runTaken');
    this.#runId = runId;
    try {
      await claim.previous?.settled();
      const lastSeq = await store.lastSeq(runId);
      // Its last events are read before new ones come, so that viewers who come back need not each read them.
      await hub.channel(runId);
      if (gone.aborted) return publishers.release(runId, publication);
      this.#writer = this.#newWriter(runId, lastSeq);
      this.#say({ type: 'resume', after: lastSeq });
    } catch (error) {
      publishers.release(runId, publication);
      throw error;
    }
    gone.addEventListener('abort', async () => {
      await this.settled();
      publishers.release(runId, publication);
    });
  }

  #asPublication(publisherId: string): Publication {
    const { gone } = this.#peer;
    return {
      publisherId,
      get connected() {
        return !gone.aborted;
      },
      replace: () => this.#peer.close('replaced'),
      settled: () => this.settled(),
    };
  }

  #newWriter(runId: string, lastSeq: number): RunWriter {
    const { store, hub, limits, onStoreFailure } = this.#context;
    return new RunWriter({
      runId,
      lastSeq,
      store,
      hub,
      limits,
      onCommit: (seq) => this.#say({ type: 'ack', seq }),
      onPressure: (high) => (high ? this.#peer.pause() : this.#peer.resume()),
      onFailure: (error) => {
        onStoreFailure(error);
        this.#peer.close('internal', 'the store cannot write');
      },
    });
  }

  #receiveEvent(writer: RunWriter, text: string): void {
    const result = decode(event, text);
    if (result.ok) this.#take(writer, result.value);
    else this.#reject(writer, result.error);
  }

  /** An event that cannot be read is answered, and a notice takes its place in the run. */
  #reject(writer: RunWriter, failure: DecodeFailure): void {
    const rejection = readRejection(failure);
    if (!rejection) {
      this.#peer.close('invalid', `expected an event: ${describeIssues(failure.issues)}`);
      return;
    }
    const { notice, reply } = rejection;
    if (notice.runId === this.#runId && notice.seq === writer.lastSeq + 1) this.#say(reply);
    this.#take(writer, notice);
  }

  #take(writer: RunWriter, taken: MonitorEvent): void {
    const { runId, seq } = taken;
    const expected = writer.lastSeq + 1;
    if (runId !== this.#runId)
      this.#peer.close('invalid', `expected an event of run ${this.#runId}, got one of ${runId}`);
    else if (seq > expected) this.#peer.close('outOfOrder', `expected seq ${expected}, got ${seq}`);
    else if (seq < expected) writer.acknowledge();
    else writer.add(toStored(taken));
  }

  #say(reply: IngestReply): void {
    this.#peer.send(encode(reply));
  }
}

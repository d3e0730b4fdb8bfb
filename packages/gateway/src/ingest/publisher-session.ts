import {
  type DecodeFailure,
  decode,
  encode,
  formatIssues,
  type IngestServerMessage,
  ingestMessageSchema,
  type MonitorEvent,
  type PublisherHello,
} from '@mnist-monitor/shared';
import type { Publication } from '../presence/publishers.ts';
import type { Peer } from '../sockets/peer.ts';
import { toStored } from '../store/store.ts';
import { isTrouble, publicly } from '../store/watched.ts';
import type { Conversation, SessionContext } from './conversation.ts';
import { readRejection } from './rejection.ts';
import { RunWriter } from './run-writer.ts';

/** A publisher's connection after its hello: resume, events and their acknowledgements, commands and their answers. */
export class Publishing implements Conversation {
  readonly #context: SessionContext;
  readonly #peer: Peer;
  readonly #runId: string;
  readonly #publication: Publication;
  #writer: RunWriter | undefined;

  constructor(context: SessionContext, peer: Peer, { runId, publisherId, commands }: PublisherHello) {
    this.#context = context;
    this.#peer = peer;
    this.#runId = runId;
    const now = performance.now();
    this.#publication = {
      publisherId,
      commands,
      presence: { publisherId, since: now, heardAt: now, goneAt: undefined },
      pass: (command) => this.#say(command),
      replace: () => peer.close('replaced'),
      yield: () => peer.close('runTaken'),
      settled: () => this.settled(),
    };
  }

  /** Takes the run, and says where to go on. */
  async open(): Promise<void> {
    const { publishers, store, hub, desk, health } = this.#context;
    const { gone } = this.#peer;
    if (health.trouble) return this.#peer.close('storeUnavailable', publicly(health.trouble));
    const claim = publishers.claim(this.#runId, this.#publication);
    if (claim.taken) return this.#peer.close('runTaken');
    gone.addEventListener('abort', () => publishers.left(this.#runId, this.#publication));
    const release = (): void => {
      const hasBegun = (this.#writer?.lastSeq ?? 0) > 0;
      publishers.release(this.#runId, this.#publication, { hasBegun });
    };
    try {
      await claim.previous?.settled();
      // Its last events are read before new ones come, so that viewers who come back need not each read them.
      await hub.catchUp(this.#runId);
      const lastSeq = await store.lastSeq(this.#runId);
      if (gone.aborted) return release();
      this.#writer = this.#newWriter(lastSeq);
      this.#say({ type: 'resume', after: lastSeq });
    } catch (error) {
      release();
      if (isTrouble(error)) return this.#peer.close('storeUnavailable', publicly(error));
      throw error;
    }
    const detach = desk.attach(this.#publication);
    gone.addEventListener('abort', async () => {
      detach();
      await this.settled();
      release();
    });
  }

  receive(text: string): void {
    const writer = this.#writer;
    if (!writer) return this.#peer.close('invalid', 'expected nothing before "resume" was sent');
    this.#publication.presence.heardAt = performance.now();
    const result = decode(ingestMessageSchema, text);
    if (!result.ok) this.#reject(writer, result.error);
    else if (result.value.type !== 'commandResult') this.#take(writer, result.value);
    else this.#context.desk.receive(result.value, this.#publication.publisherId);
  }

  /** Resolves when every event taken in is durable, or the store has failed. */
  async settled(): Promise<void> {
    await this.#writer?.settled();
  }

  #newWriter(lastSeq: number): RunWriter {
    const { store, hub, limits, onStoreFailure } = this.#context;
    const runId = this.#runId;
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
        if (isTrouble(error)) this.#peer.close('storeUnavailable', publicly(error));
        else this.#peer.close('internal');
      },
    });
  }

  /** An event that cannot be read is answered, and a notice takes its place in the run. */
  #reject(writer: RunWriter, failure: DecodeFailure): void {
    const rejection = readRejection(failure);
    if (!rejection) {
      this.#peer.close('invalid', `expected an event: ${formatIssues(failure.issues)}`);
      return;
    }
    const { notice, reply } = rejection;
    if (notice.runId === this.#runId && notice.seq === writer.lastSeq + 1) {
      this.#context.metrics.rejected(failure.code);
      this.#say(reply);
    }
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

  #say(reply: IngestServerMessage): void {
    this.#peer.send(encode(reply));
  }
}

import type { Message } from './connection.ts';
import { connect } from './connection.ts';
import { helloOf, openPublisher } from './publisher.ts';

/** Connects an idle trainer, which waits for a `start`. */
export async function openIdleTrainer(url: string, publisherId = 'publisher-1', commands = ['start']) {
  const connection = await connect(url);
  connection.send({ type: 'wait', protocol: 1, publisherId, commands });
  const reply = await connection.next();
  if (reply.type !== 'waiting') throw new Error(`expected waiting, got ${reply.type}`);
  return { connection, ...commandHelpers(connection) };
}

/** Connects a trainer that publishes a run and accepts commands. */
export async function openTrainer(url: string, runId: string, more: object = {}) {
  const commands = ['pause', 'resume', 'stop', 'setLearningRate'];
  const publisher = await openPublisher(url, helloOf(runId, { commands, ...more }));
  return { ...publisher, ...commandHelpers(publisher.connection) };
}

const commandHelpers = (connection: {
  until(matches: (message: Message) => boolean): Promise<Message[]>;
  send(message: object): void;
}) => ({
  /** Resolves with the next command. */
  nextCommand: async () => (await connection.until(({ type }) => type === 'command')).at(-1) as Message,
  answer: (id: string, more: object = { ok: true }) =>
    connection.send({ type: 'commandResult', id, ...more }),
});

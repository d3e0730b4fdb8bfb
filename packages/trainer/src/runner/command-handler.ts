import {
  type Command,
  type CommandResult,
  commandFailure,
  MonitorError,
  type QueuedStart,
  type StartData,
} from '@mnist-monitor/shared';
import type { EventBody } from '../event-data.ts';
import { notice } from '../training/notices.ts';
import type { RunControl } from '../training/run-control.ts';
import type { AcceptedCommands } from './gateway-connection.ts';
import { StartQueue } from './start-queue.ts';

/** Starts a run and resolves with its id. @throws MonitorError when the settings are invalid. */
export type StartRun = (settings: StartData) => Promise<string>;

/** The commands about the queue of starts. */
const queueCommands = ['enqueue', 'listQueue', 'moveQueued', 'cancelQueued'] as const;

/** Number of answers kept for commands that arrive again: far more than viewers send while a connection is down. */
const rememberedAnswers = 200;

/** The run that is being trained. */
export interface CurrentRun {
  runId: string;
  control: RunControl;
  /** Receives a notice of each change of the queue, from which viewers learn that it has changed. */
  emit: (notice: EventBody) => void;
}

/**
 * Executes the commands that arrive over all connections of this process. A command whose id was seen before, on any
 * connection, gets the same answer and is not executed again.
 */
export class CommandHandler {
  /** The run that is being trained; undefined between runs. */
  currentRun: CurrentRun | undefined;
  /** Starts the next run; undefined while no run can start, for example during another run. */
  startRun: StartRun | undefined;
  /** The starts that follow the current run. */
  readonly queue = new StartQueue();
  /** The commands that the connection of a run accepts. */
  readonly trainingCommands: AcceptedCommands;
  /** The commands that the connection of a trainer without a run accepts. */
  readonly idleCommands: AcceptedCommands;
  readonly #answers = new Map<string, Promise<CommandResult>>();

  /** @param options.hasQueue Whether the trainer continues after its run, so that starts can be queued. */
  constructor({ hasQueue = true } = {}) {
    const handle = (command: Command): Promise<CommandResult> => this.handle(command);
    const ofQueue = hasQueue ? queueCommands : [];
    this.trainingCommands = { names: ['pause', 'resume', 'stop', 'setLearningRate', ...ofQueue], handle };
    this.idleCommands = { names: ['start', ...ofQueue], handle };
  }

  /** Executes a command once and resolves with the answer. The promise never rejects: a refusal is an answer too. */
  handle(command: Command): Promise<CommandResult> {
    const known = this.#answers.get(command.id);
    if (known) return known;
    const answer = this.#answer(command);
    this.#answers.set(command.id, answer);
    const [oldest] = this.#answers.keys();
    if (this.#answers.size > rememberedAnswers) this.#answers.delete(oldest);
    return answer;
  }

  async #answer(command: Command): Promise<CommandResult> {
    const { id } = command;
    try {
      return { type: 'commandResult', id, ok: true, ...(await this.#execute(command)) };
    } catch (error) {
      const code = error instanceof MonitorError ? 'command.refused' : 'internal';
      return commandFailure(id, code, String((error as Error).message).slice(0, 2_000));
    }
  }

  /** Executes a command and returns the fields that its answer contains besides `ok`. */
  async #execute(command: Command): Promise<{ runId?: string; queue?: QueuedStart[] }> {
    if (command.command === 'start') {
      if (!this.startRun) throw new MonitorError('command.refused', 'this trainer is busy with a run');
      return { runId: await this.startRun(command.data) };
    }
    if (isAboutQueue(command)) {
      this.#executeOnQueue(command);
      return { queue: this.queue.list };
    }
    const { currentRun } = this;
    if (!currentRun || (command.runId !== undefined && command.runId !== currentRun.runId))
      throw new MonitorError('command.refused', `run ${command.runId} has ended`);
    const { control } = currentRun;
    const { by } = command;
    switch (command.command) {
      case 'pause':
        control.pause(by);
        break;
      case 'resume':
        control.resume(by);
        break;
      case 'stop':
        control.stop({
          status: 'stopped',
          reason: `stopped by command${by === undefined ? '' : ` of ${by}`}`,
        });
        break;
      case 'setLearningRate':
        control.setLearningRate(command.data.learningRate, by);
        break;
    }
    return {};
  }

  #executeOnQueue(command: QueueCommand): void {
    const { queue } = this;
    const { id: queuedId, by } = command;
    switch (command.command) {
      case 'enqueue':
        queue.add({ queuedId, data: command.data, ...(by !== undefined && { by }) });
        return this.#reportQueue(`${nameOf(command.data)} was added to the queue`, by);
      case 'moveQueued': {
        const { data, position } = queue.move(command.data.queuedId, command.data.position);
        return this.#reportQueue(`${nameOf(data)} was moved to position ${position + 1} of the queue`, by);
      }
      case 'cancelQueued': {
        const { data } = queue.cancel(command.data.queuedId);
        return this.#reportQueue(`${nameOf(data)} was removed from the queue`, by);
      }
      case 'listQueue':
        return;
    }
  }

  #reportQueue(change: string, by: string | undefined): void {
    const { length } = this.queue.list;
    const message = `${change}: ${length === 1 ? '1 run waits' : `${length} runs wait`}.`;
    try {
      this.currentRun?.emit(notice('info', 'queue.changed', message, { value: length, by }));
    } catch {
      // The disk is full: the change has taken effect, and training fails with the same error at its next event.
    }
  }
}

/** Returns the name of a start in quotation marks, or "A run" where it has none. */
const nameOf = ({ name }: StartData): string => (name ? `“${name}”` : 'A run');

type QueueCommand = Extract<Command, { command: (typeof queueCommands)[number] }>;

const isAboutQueue = (command: Command): command is QueueCommand =>
  (queueCommands as readonly string[]).includes(command.command);

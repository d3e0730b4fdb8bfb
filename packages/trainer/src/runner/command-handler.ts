import {
  type Command,
  type CommandResult,
  commandFailure,
  MonitorError,
  type RunSettings,
} from '@mnist-monitor/shared';
import type { RunControl } from '../training/run-control.ts';
import type { AcceptedCommands } from './gateway-connection.ts';

/** Starts a run and resolves with its id. @throws MonitorError when the settings are invalid. */
export type StartRun = (settings: RunSettings) => Promise<string>;

/** Number of answers kept for commands that arrive again: far more than viewers send while a connection is down. */
const rememberedAnswers = 200;

/**
 * Executes the commands that arrive over all connections of this process. A command whose id was seen before, on any
 * connection, gets the same answer and is not executed again.
 */
export class CommandHandler {
  /** The run that is being trained; undefined between runs. */
  currentRun: { runId: string; control: RunControl } | undefined;
  /** Starts the next run; undefined while no run can start, for example during another run. */
  startRun: StartRun | undefined;
  readonly #answers = new Map<string, Promise<CommandResult>>();

  /** The commands that the connection of a run accepts. */
  readonly trainingCommands: AcceptedCommands = {
    names: ['pause', 'resume', 'stop', 'setLearningRate'],
    handle: (command) => this.handle(command),
  };
  /** The commands that the connection of a trainer without a run accepts. */
  readonly idleCommands: AcceptedCommands = {
    names: ['start'],
    handle: (command) => this.handle(command),
  };

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
  async #execute(command: Command): Promise<{ runId?: string }> {
    if (command.command === 'start') {
      if (!this.startRun) throw new MonitorError('command.refused', 'this trainer is busy with a run');
      return { runId: await this.startRun(command.data) };
    }
    const { currentRun } = this;
    if (!currentRun || (command.runId !== undefined && command.runId !== currentRun.runId))
      throw new MonitorError('command.refused', `run ${command.runId} has ended`);
    const { control } = currentRun;
    switch (command.command) {
      case 'pause':
        control.pause();
        break;
      case 'resume':
        control.resume();
        break;
      case 'stop':
        control.stop({ status: 'stopped', reason: 'stopped by command' });
        break;
      case 'setLearningRate':
        control.setLearningRate(command.data.learningRate);
        break;
    }
    return {};
  }
}

import {
  type Command,
  type CommandResult,
  commandFailure,
  MonitorError,
  type RunSettings,
} from '@mnist-monitor/shared';
import type { RunControl } from '../training/run-control.ts';
import type { CommandTarget } from './gateway-link.ts';

/** Begins a run. @returns Its id. @throws MonitorError when it cannot be as it was asked for. */
export type StartRun = (settings: RunSettings) => Promise<string>;

/** Answers that are kept for a command that comes again: far more than come while a connection is away. */
const rememberedAnswers = 200;

/**
 * Takes the commands of all connections of this process, whether it trains or waits. A command whose id has come
 * before, over whichever connection, is answered the same and not done again.
 */
export class CommandHandler {
  /** The run that trains now. */
  running: { runId: string; control: RunControl } | undefined;
  /** How to begin another; undefined while none can begin. */
  start: StartRun | undefined;
  readonly #answers = new Map<string, Promise<CommandResult>>();

  readonly whileTraining: CommandTarget = {
    names: ['pause', 'resume', 'stop', 'setLearningRate'],
    take: (command) => this.take(command),
  };
  readonly whileWaiting: CommandTarget = { names: ['start'], take: (command) => this.take(command) };

  /** Never rejects: what is refused is answered. */
  take(command: Command): Promise<CommandResult> {
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
      return { type: 'commandResult', id, ok: true, ...(await this.#do(command)) };
    } catch (error) {
      const code = error instanceof MonitorError ? 'command.refused' : 'internal';
      return commandFailure(id, code, String((error as Error).message).slice(0, 2_000));
    }
  }

  /** @returns What the answer has to say beside that it is done. */
  async #do(command: Command): Promise<{ runId?: string }> {
    if (command.command === 'start') {
      if (!this.start) throw new MonitorError('command.refused', 'this trainer is busy with a run');
      return { runId: await this.start(command.data) };
    }
    const { running } = this;
    if (!running || (command.runId !== undefined && command.runId !== running.runId))
      throw new MonitorError('command.refused', `run ${command.runId} has ended`);
    const { control } = running;
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

import {
  type Command,
  type CommandResult,
  commandFailure,
  commandIdOf,
  commandSchema,
  encode,
  formatIssues,
  MonitorError,
} from '@mnist-monitor/shared';
import { decodeFromClient } from '../json-issue.ts';
import type { Limits } from '../limits.ts';
import type { Peer } from '../sockets/peer.ts';
import { TokenBucket } from '../sockets/token-bucket.ts';
import type { ClientRights } from '../trust/authorization.ts';
import type { CommandRouter } from './router.ts';

export interface ViewerCommandsOptions {
  peer: Peer;
  router: CommandRouter;
  rights: Pick<ClientRights, 'authorize'>;
  limits: Pick<
    Limits,
    'messageBurst' | 'messagesPerSecond' | 'commandBurst' | 'commandsPerSecond' | 'jsonDepth'
  >;
  /** Returns the run that the viewer follows: the default target of commands without a `runId`. */
  followedRun: () => string | undefined;
  /** Called for the log, with each command (without its token) and its result. */
  onResult?: (command: Pick<Command, 'command' | 'runId'>, result: CommandResult) => void;
}

/** Handles the messages of one viewer: validates, limits and authorizes its commands, and answers each. */
export class ViewerCommands {
  readonly #options: ViewerCommandsOptions;
  readonly #messages: TokenBucket;
  readonly #commands: TokenBucket;

  constructor(options: ViewerCommandsOptions) {
    this.#options = options;
    const { messageBurst, messagesPerSecond, commandBurst, commandsPerSecond } = options.limits;
    this.#messages = new TokenBucket({ perSecond: messagesPerSecond, burst: messageBurst });
    this.#commands = new TokenBucket({ perSecond: commandsPerSecond, burst: commandBurst });
  }

  /** Handles one message. Closes the connection when messages arrive too fast or a message has no valid command id. */
  async receive(text: string): Promise<void> {
    const { peer, limits } = this.#options;
    if (!this.#messages.take()) return peer.close('tooMany');
    const result = decodeFromClient(commandSchema, text, limits);
    const id = result.ok ? result.value.id : commandIdOf(result.error);
    if (id === undefined) {
      const issues = result.ok ? '' : formatIssues(result.error.issues);
      peer.close('invalid', `expected a command: ${issues}`);
    } else if (!this.#commands.take()) this.#reply(commandFailure(id, 'command.too_many', tooFast(limits)));
    else if (result.ok) await this.#answer(result.value);
    else this.#reply(commandFailure(id, 'message.invalid', formatIssues(result.error.issues)));
  }

  /** Answers a command. A wrong token also closes the connection, so that each guess costs a new connection. */
  async #answer(command: Command): Promise<void> {
    const result = await this.#execute(command);
    this.#reply(result);
    if (result.ok || command.token === undefined) return;
    if (result.code === 'command.unauthorized') this.#options.peer.close('unauthorized');
    else if (result.code === 'request.too_many') this.#options.peer.close('tooMany', result.message);
  }

  async #execute({ token, ...given }: Command): Promise<CommandResult> {
    const { rights, router, onResult } = this.#options;
    const resolved = { ...given, runId: given.runId ?? this.#options.followedRun() };
    let result: CommandResult;
    try {
      rights.authorize(token);
      result = await router.execute(resolved);
    } catch (error) {
      if (!(error instanceof MonitorError)) throw error;
      result = commandFailure(given.id, error.code, error.message);
    }
    onResult?.(resolved, result);
    return result;
  }

  #reply(result: CommandResult): void {
    this.#options.peer.send(encode(result));
  }
}

const tooFast = ({ commandBurst, commandsPerSecond }: ViewerCommandsOptions['limits']): string =>
  `expected at most ${commandBurst} commands at once and ${commandsPerSecond} a second: send the command again later`;

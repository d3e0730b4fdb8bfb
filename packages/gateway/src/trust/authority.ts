import { type CommandAccess, MonitorError } from '@mnist-monitor/shared';
import type { Config } from '../config.ts';
import { isLoopback } from './hosts.ts';
import { tokenFits } from './token.ts';

/** Where the public port is, and what it takes to command there. */
type Place = Pick<Config, 'host'> & Partial<Pick<Config, 'bind' | 'commandToken'>>;

/** The address at which viewers reach the public port: where a container publishes it, or what is listened on. */
export const reachedAt = ({ bind, host }: Place): string => bind ?? host;

/**
 * Who may command trainers and change runs: whoever reaches a port that only this machine reaches; elsewhere, and
 * wherever a token is set, whoever has it.
 */
export class Authority {
  /** `open`: no token needed; `token`: each command and each change must carry it; `off`: nobody may. */
  readonly access: CommandAccess;
  readonly #token: string | undefined;

  constructor(place: Place) {
    this.#token = place.commandToken;
    if (this.#token !== undefined) this.access = 'token';
    else this.access = isLoopback(reachedAt(place)) ? 'open' : 'off';
  }

  /**
   * Passes when this token is enough to command.
   * @throws MonitorError `command.off` or `command.unauthorized`, never with a token in it.
   */
  demand(token: string | undefined): void {
    if (this.access === 'off')
      throw new MonitorError(
        'command.off',
        'commands and changes are off: this gateway is reached from other machines; set --command-token to allow them',
      );
    if (!tokenFits(this.#token, token))
      throw new MonitorError(
        'command.unauthorized',
        `expected the command token, got ${token === undefined ? 'none' : 'another one'}`,
      );
  }

  /** The same for an HTTP request, by its header `Authorization: Bearer …`. */
  demandOf(request: { headers: { authorization?: string | undefined } }): void {
    this.demand(/^Bearer +(\S.*)$/i.exec(request.headers.authorization ?? '')?.[1]);
  }
}

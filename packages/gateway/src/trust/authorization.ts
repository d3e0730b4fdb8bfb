import { createHash, timingSafeEqual } from 'node:crypto';
import { type CommandAccess, MonitorError } from '@mnist-monitor/shared';
import type { Config } from '../config.ts';
import { isLoopback } from './hosts.ts';

type PublicPort = Pick<Config, 'host'> & Partial<Pick<Config, 'bind'>>;

/** Returns the address at which viewers reach the public port: the one a container publishes, or the bound one. */
export const publicHost = ({ bind, host }: PublicPort): string => bind ?? host;

/**
 * Decides which clients may command trainers and change runs. Where a command token is set, those that send it.
 * Without one, every client of a port that only this machine reaches, and no client of any other port.
 */
export class CommandAuthorizer {
  /** `open`: no token is needed; `token`: each command and change needs it; `off`: all are refused. */
  readonly access: CommandAccess;
  readonly #token: string | undefined;

  constructor({ commandToken, ...port }: PublicPort & Partial<Pick<Config, 'commandToken'>>) {
    this.#token = commandToken;
    if (commandToken !== undefined) this.access = 'token';
    else this.access = isLoopback(publicHost(port)) ? 'open' : 'off';
  }

  /**
   * Returns when the token permits commands and changes.
   * @throws MonitorError `command.off` or `command.unauthorized`; the message never contains a token.
   */
  authorize(token: string | undefined): void {
    if (this.access === 'off')
      throw new MonitorError(
        'command.off',
        'commands and changes are off: this gateway is reached from other machines; set --command-token to allow them',
      );
    if (!tokenMatches(this.#token, token))
      throw new MonitorError(
        'command.unauthorized',
        `expected the command token, got ${token === undefined ? 'none' : 'another one'}`,
      );
  }

  /** Authorizes an HTTP request by its header `Authorization: Bearer …`, and throws as `authorize` does. */
  authorizeRequest(request: { headers: { authorization?: string | undefined } }): void {
    this.authorize(/^Bearer +(\S.*)$/i.exec(request.headers.authorization ?? '')?.[1]);
  }
}

/**
 * Returns whether the given token is the expected one; any is when none is expected. Digests are compared in constant
 * time, so that the duration reveals neither the text nor its length.
 */
export function tokenMatches(expected: string | undefined, given: string | undefined): boolean {
  return expected === undefined || timingSafeEqual(digest(expected), digest(given ?? ''));
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

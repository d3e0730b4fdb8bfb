import { createHash, timingSafeEqual } from 'node:crypto';
import { type CommandAccess, MonitorError } from '@mnist-monitor/shared';
import type { FastifyBaseLogger } from 'fastify';
import type { Config } from '../config.ts';
import { type Client, type ClientRequest, clientOf } from './client.ts';
import { isLoopback } from './hosts.ts';
import { type ForwardedRequest, proxyTrace } from './proxy-trace.ts';

type PublicPort = Pick<Config, 'host'> & Partial<Pick<Config, 'bind'>>;

/**
 * Returns the address or name at which viewers reach the public port: `--bind`, if a proxy or a container makes it reachable at
 * another address than the gateway listens at, or else `--host`.
 */
export const publicHost = ({ bind, host }: PublicPort): string => bind ?? host;

/** The result of checking a token. `tooMany`: the token was not compared, since its network sent too many wrong ones. */
export type TokenVerdict = 'accepted' | 'missing' | 'wrong' | 'tooMany';

export interface CommandAuthorizerOptions extends PublicPort, Partial<Pick<Config, 'commandToken'>> {
  /** Compares a client's token with the command token, and bounds the guesses of each network. */
  guard: { check(token: string | undefined, client: Client): TokenVerdict };
  log: Pick<FastifyBaseLogger, 'warn'>;
}

/** The rights of one client to command trainers and to change runs. */
export interface ClientRights {
  /** `open`: no token is needed; `token`: each command and change needs it; `off`: all are refused. */
  readonly access: CommandAccess;
  /** Why access is `off`, and what to set; undefined otherwise. */
  readonly offReason: string | undefined;
  /**
   * Returns if the token permits commands and changes, and throws otherwise.
   * @throws MonitorError `command.off`, `command.unauthorized` or, after too many wrong tokens of this address,
   *   `request.too_many`; the message never contains a token.
   */
  authorize(token: string | undefined): void;
}

/**
 * Decides which clients may command trainers and change runs. With a command token, these are the clients that send it.
 * Without one, these are the clients that connect directly to a port that only this machine reaches; requests through a
 * proxy are refused, since other machines may reach the proxy.
 */
export class CommandAuthorizer {
  readonly #hasToken: boolean;
  readonly #guard: CommandAuthorizerOptions['guard'];
  readonly #isLocal: boolean;
  readonly #log: CommandAuthorizerOptions['log'];
  #hasReportedProxy = false;

  constructor({ commandToken, guard, log, ...port }: CommandAuthorizerOptions) {
    this.#hasToken = commandToken !== undefined;
    this.#guard = guard;
    this.#isLocal = isLoopback(publicHost(port));
    this.#log = log;
  }

  /** Returns the rights of the client that sent a request, which on the live feed is the upgrade. */
  rightsOf(request: ClientRequest): ClientRights {
    const offReason = this.#offReason(request);
    const client = clientOf(request);
    const access = offReason !== undefined ? 'off' : this.#hasToken ? 'token' : 'open';
    return new GrantedRights({ access, offReason, client, guard: this.#guard });
  }

  /** Authorizes an HTTP request by its header `Authorization: Bearer …`, and throws as `ClientRights.authorize` does. */
  authorizeRequest(request: ClientRequest): void {
    this.rightsOf(request).authorize(/^Bearer +(\S.*)$/i.exec(request.headers.authorization ?? '')?.[1]);
  }

  #offReason(request: ForwardedRequest): string | undefined {
    if (this.#hasToken) return undefined;
    if (!this.#isLocal)
      return 'this gateway is reached from other machines; set --command-token to allow them';
    const trace = proxyTrace(request);
    if (trace === undefined) return undefined;
    const reason = `the request came through a proxy (${trace}), which other machines may reach; set --command-token to allow them`;
    if (!this.#hasReportedProxy) this.#log.warn(`commands and changes through a proxy are off: ${reason}`);
    this.#hasReportedProxy = true;
    return reason;
  }
}

/** A class, because a function of its own would take 100 bytes of each viewer. */
class GrantedRights implements ClientRights {
  readonly access: CommandAccess;
  readonly offReason: string | undefined;
  readonly #client: Client;
  readonly #guard: CommandAuthorizerOptions['guard'];

  constructor({ access, offReason, client, guard }: GrantedRightsOptions) {
    this.access = access;
    this.offReason = offReason;
    this.#client = client;
    this.#guard = guard;
  }

  authorize(token: string | undefined): void {
    if (this.offReason !== undefined)
      throw new MonitorError('command.off', `commands and changes are off: ${this.offReason}`);
    const verdict = this.#guard.check(token, this.#client);
    if (verdict !== 'accepted') throw toError(verdict);
  }
}

type GrantedRightsOptions = Pick<ClientRights, 'access' | 'offReason'> &
  Pick<CommandAuthorizerOptions, 'guard'> & { client: Client };

function toError(verdict: Exclude<TokenVerdict, 'accepted'>): MonitorError {
  if (verdict === 'tooMany')
    return new MonitorError(
      'request.too_many',
      'this address sent too many wrong tokens: try again in a minute',
    );
  const got = verdict === 'missing' ? 'none' : 'another one';
  return new MonitorError('command.unauthorized', `expected the command token, got ${got}`);
}

/**
 * Returns whether the given token is the expected one. Digests are compared in constant time, so that the duration reveals
 * neither the text nor its length.
 */
export const tokenMatches = (expected: string, given: string): boolean =>
  timingSafeEqual(digest(expected), digest(given));

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

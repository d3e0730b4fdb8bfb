import { LRUCache } from 'lru-cache';
import type { Limits } from '../limits.ts';
import { type TokenVerdict, tokenMatches } from '../trust/authorization.ts';
import type { Client } from '../trust/client.ts';
import { isThisMachine, networkOf } from './addresses.ts';
import { TokenBucket } from './token-bucket.ts';

export interface TokenGuardOptions {
  token: string;
  limits: Pick<Limits, 'wrongTokenBurst' | 'wrongTokensPerSecond'>;
}

/** The maximum number of networks to remember; beyond it, the least recently used one is dropped. */
const maxNetworks = 10_000;

/** Returns the guard of a token; where none is expected, one that accepts all, without the memory for 10,000 networks. */
export const createTokenGuard = ({
  token,
  limits,
}: Pick<TokenGuardOptions, 'limits'> & { token: string | undefined }): Pick<TokenGuard, 'check'> =>
  token === undefined ? { check: () => 'accepted' } : new TokenGuard({ token, limits });

/**
 * Compares tokens, and limits the wrong tokens of each network: an IPv4 address or the /64 of an IPv6 address. Beyond the
 * limit, no token of the network is compared, so that guessing gets no further answers. The tokens of two kinds of clients
 * are always compared, so that the wrong tokens of others do not lock them out: programs on this machine, and clients of
 * a network that has sent the right token before.
 */
export class TokenGuard {
  readonly #options: TokenGuardOptions;
  readonly #buckets = new LRUCache<string, TokenBucket>({ max: maxNetworks });
  /** The networks that have sent the right token. Only a client with the token can add one. */
  readonly #proven = new LRUCache<string, true>({ max: maxNetworks });

  constructor(options: TokenGuardOptions) {
    this.#options = options;
  }

  /**
   * Compares a token with the expected one. A wrong token counts against the limit of its network; an absent one does not.
   * @param client The client that sent the token.
   */
  check(given: string | undefined, client: Client): TokenVerdict {
    const { token } = this.#options;
    if (given === undefined) return 'missing';
    const network = networkOf(client.address);
    const bucket = this.#buckets.get(network);
    if (bucket?.isEmpty && !this.#isExempt(client, network)) return 'tooMany';
    if (tokenMatches(token, given)) {
      // The clients of an unnamed proxy have one address, so one of them proves nothing about the others.
      if (client.proxy !== 'unnamed') this.#proven.set(network, true);
      return 'accepted';
    }
    if (bucket?.isEmpty) return 'tooMany';
    this.#countWrongToken(network, bucket);
    return 'wrong';
  }

  /** Returns whether a client's token is compared although its network has sent too many wrong ones. */
  #isExempt({ address, proxy }: Client, network: string): boolean {
    if (proxy === 'unnamed') return false;
    return (proxy === 'none' && isThisMachine(address)) || this.#proven.get(network) === true;
  }

  #countWrongToken(network: string, existing: TokenBucket | undefined): void {
    const { wrongTokensPerSecond: perSecond, wrongTokenBurst: burst } = this.#options.limits;
    const bucket = existing ?? new TokenBucket({ perSecond, burst });
    bucket.take();
    this.#buckets.set(network, bucket);
  }
}

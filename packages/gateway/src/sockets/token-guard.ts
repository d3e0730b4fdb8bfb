import { LRUCache } from 'lru-cache';
import type { Limits } from '../limits.ts';
import { type TokenVerdict, tokenMatches } from '../trust/authorization.ts';
import { networkOf } from './addresses.ts';
import { TokenBucket } from './token-bucket.ts';

export interface TokenGuardOptions {
  /** The expected token; undefined when none is needed. */
  token: string | undefined;
  limits: Pick<Limits, 'wrongTokenBurst' | 'wrongTokensPerSecond'>;
}

/** The maximum number of networks whose wrong tokens are counted; beyond it, the least recently used one is dropped. */
const maxNetworks = 10_000;

/**
 * Compares tokens, and limits the wrong tokens of each network: an IPv4 address or the /64 of an IPv6 address. Beyond the
 * limit, even the right token is refused.
 */
export class TokenGuard {
  readonly #options: TokenGuardOptions;
  readonly #buckets = new LRUCache<string, TokenBucket>({ max: maxNetworks });

  constructor(options: TokenGuardOptions) {
    this.#options = options;
  }

  /**
   * Compares a token with the expected one. A wrong token counts against the limit of its network; an absent one does not.
   * @param address The address that sent the token.
   */
  check(given: string | undefined, address: string): TokenVerdict {
    const { token } = this.#options;
    if (token === undefined) return 'accepted';
    if (given === undefined) return 'missing';
    const network = networkOf(address);
    const bucket = this.#buckets.get(network);
    if (bucket?.isEmpty) return 'tooMany';
    if (tokenMatches(token, given)) return 'accepted';
    this.#countWrongToken(network, bucket);
    return 'wrong';
  }

  #countWrongToken(network: string, existing: TokenBucket | undefined): void {
    const { wrongTokensPerSecond: perSecond, wrongTokenBurst: burst } = this.#options.limits;
    const bucket = existing ?? new TokenBucket({ perSecond, burst });
    bucket.take();
    this.#buckets.set(network, bucket);
  }
}

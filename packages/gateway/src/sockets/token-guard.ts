import { LRUCache } from 'lru-cache';
import type { Limits } from '../limits.ts';
import { type TokenVerdict, tokenMatches } from '../trust/authorization.ts';
import { networkOf } from './connections-per-address.ts';
import { TokenBucket } from './token-bucket.ts';

export interface TokenGuardOptions {
  /** The expected token; undefined when none is needed. */
  token: string | undefined;
  limits: Pick<Limits, 'wrongTokenBurst' | 'wrongTokensPerSecond'>;
}

/** Number of addresses whose wrong tokens are counted; an attacker with more of them is slow by their number. */
const maxAddresses = 10_000;

/** Compares tokens, and bounds how often one address may guess: beyond it, even the right token is not compared. */
export class TokenGuard {
  readonly #options: TokenGuardOptions;
  readonly #guesses = new LRUCache<string, TokenBucket>({ max: maxAddresses });

  constructor(options: TokenGuardOptions) {
    this.#options = options;
  }

  /** @param address The address that sent the token. An absent token is no guess. */
  check(given: string | undefined, address: string): TokenVerdict {
    const { token } = this.#options;
    if (token === undefined) return 'accepted';
    if (given === undefined) return 'missing';
    const network = networkOf(address);
    const guesses = this.#guesses.get(network);
    if (guesses?.isEmpty) return 'tooMany';
    if (tokenMatches(token, given)) return 'accepted';
    this.#countGuess(network, guesses);
    return 'wrong';
  }

  #countGuess(network: string, known: TokenBucket | undefined): void {
    const { wrongTokensPerSecond: perSecond, wrongTokenBurst: burst } = this.#options.limits;
    const guesses = known ?? new TokenBucket({ perSecond, burst });
    guesses.take();
    this.#guesses.set(network, guesses);
  }
}

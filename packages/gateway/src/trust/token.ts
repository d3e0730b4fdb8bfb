import { createHash, timingSafeEqual } from 'node:crypto';

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/**
 * Whether what was given is the secret; anything is when none is set. Compares digests, so that the time taken tells
 * neither text nor length.
 */
export function tokenFits(expected: string | undefined, given: string | undefined): boolean {
  return expected === undefined || timingSafeEqual(digest(expected), digest(given ?? ''));
}

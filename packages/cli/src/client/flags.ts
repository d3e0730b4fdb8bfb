import { isRunId, latestRun, MonitorError, withoutCredentials } from '@mnist-monitor/shared';
import { type Arguments, readArguments } from '../arguments.ts';

/** The arguments of a command that reads from a gateway. */
export interface ClientArguments<S extends string>
  extends Pick<Arguments<S, 'url'>, 'requested' | 'switches'> {
  /** Address of the gateway, which ends with a slash so that paths below it resolve. */
  base: URL;
  /** The given id of a run, or another accepted word; `latest` by default. */
  word: string;
}

/**
 * Reads the arguments of a command that reads from a gateway: `--url`, the given switches, and a word where some are accepted.
 * @param words Words that are accepted besides ids of runs; none are accepted without it.
 * @throws MonitorError `option.invalid`
 */
export function readClientArguments<S extends string>(
  argv: readonly string[],
  { usage, switches, words }: { usage: string; switches: readonly S[]; words?: readonly string[] },
): ClientArguments<S> {
  const given = readArguments(argv, { usage, switches, values: ['url'], words: words ? 1 : 0 });
  const { requested, word = latestRun } = given;
  if (requested === undefined && !words?.includes(word) && word !== latestRun && !isRunId(word))
    throw new MonitorError(
      'option.invalid',
      `expected ${(words ?? [latestRun]).join(', ')} or the id of a run, got "${word.slice(0, 100)}"`,
    );
  return { requested, switches: given.switches, base: readBase(given.values.url), word };
}

function readBase(text = 'http://localhost:5000'): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !['http:', 'https:'].includes(url.protocol) || !isDecodable(url.username + url.password))
    throw new MonitorError(
      'option.invalid',
      `--url: expected an address such as http://localhost:5000, got "${withoutCredentials(text)}"`,
    );
  if (!url.pathname.endsWith('/')) url.pathname += '/';
  return url;
}

/** Returns whether every percent sign begins an encoded character. */
function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

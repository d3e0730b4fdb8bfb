import { parseArgs } from 'node:util';
import { MonitorError } from '@mnist-monitor/shared/errors';

/** Flags of the commands that read from a gateway. */
const clientFlags = {
  url: { type: 'string', default: 'http://localhost:5000' },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

/**
 * Reads the flags of a command that reads from a gateway: `--url`, `--help` and the given switches.
 * @throws MonitorError `option.invalid`
 */
export function parseClientFlags<N extends string>(argv: readonly string[], switches: readonly N[]) {
  const options = Object.fromEntries(
    switches.map((name) => [name, { type: 'boolean', default: false } as const]),
  );
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      options: { ...clientFlags, ...options },
      allowPositionals: true,
    });
    const given = values as unknown as Record<N | 'help', boolean> & { url: string };
    return { flags: given, words: positionals, base: readBase(given.url) };
  } catch (error) {
    if (error instanceof MonitorError) throw error;
    throw new MonitorError('option.invalid', (error as Error).message.split('\n')[0] as string);
  }
}

/** Returns the address of a gateway, which ends with a slash so that paths below it resolve. */
function readBase(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !['http:', 'https:'].includes(url.protocol))
    throw new MonitorError(
      'option.invalid',
      `--url: expected an address such as http://localhost:5000, got "${text}"`,
    );
  if (!url.pathname.endsWith('/')) url.pathname += '/';
  return url;
}

import type { FeedAddressOptions } from './feed-position.ts';

/** Parameters that the client sets by itself. */
const ownParameters = ['afterRun', 'stream', 'bundle'];
/** Parameters of the feed that are options of the client, too. */
const optionParameters = ['run', 'after', 'types', 'maxRate', 'complete'] as const;

type FeedUrlOptions = FeedAddressOptions & { after?: number };

/**
 * Separates the query from `url` and merges it with the options: a parameter of the feed may be in the one or the other.
 * Any other parameter stays in the address, for a proxy; the gateway refuses those that it does not know.
 *
 * @throws TypeError when a parameter is in both, when the client sets it itself, or when `after` is not an integer.
 */
export function readFeedUrl(options: FeedUrlOptions): FeedUrlOptions & { query: URLSearchParams } {
  const start = options.url.indexOf('?');
  if (start < 0) return { ...options, query: new URLSearchParams() };
  const query = new URLSearchParams(options.url.slice(start + 1));
  for (const name of ownParameters)
    if (query.has(name)) throw new TypeError(`url: expected no ${name}, which the client sets by itself`);
  for (const name of optionParameters)
    if (query.has(name) && options[name] !== undefined)
      throw new TypeError(`url: expected ${name} in the url or in the options, got it in both`);
  const merged = { ...options, url: options.url.slice(0, start), query };
  const [run, after] = [query.get('run'), query.get('after')];
  query.delete('run');
  query.delete('after');
  if (run !== null) merged.run = run;
  if (after === null) return merged;
  if (!/^\d+$/.test(after))
    throw new TypeError(`url: expected an integer as after, got ${JSON.stringify(after)}`);
  return { ...merged, after: Number(after) };
}

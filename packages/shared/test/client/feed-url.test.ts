import { describe, expect, test } from '@jest/globals';
import { FeedPosition } from '../../src/client/feed-position.ts';
import { readFeedUrl } from '../../src/client/feed-url.ts';

const url = 'ws://localhost:5000/live';
/** Returns the address that a client connects to first. */
function firstAddress(options: Parameters<typeof readFeedUrl>[0]): string {
  const address = readFeedUrl(options);
  return new FeedPosition(address.after).address(address);
}

describe('the query of the url of a client', () => {
  test.each([
    [{ url }, '?run=latest&bundle=true'],
    [{ url: `${url}?` }, '?run=latest&bundle=true'],
    [{ url: `${url}?run=a` }, '?run=a&bundle=true'],
    [{ url: `${url}?run=a`, complete: true }, '?run=a&bundle=true&complete=true'],
    [{ url: `${url}?after=7&types=batch` }, '?run=latest&bundle=true&types=batch&after=7'],
    [
      { url: `${url}?types=batch%2Cepoch&maxRate=2`, run: 'a' },
      '?run=a&bundle=true&types=batch%2Cepoch&maxRate=2',
    ],
    // For a proxy in front of the gateway.
    [{ url: `${url}?key=1%3F2`, after: 3 }, '?run=latest&bundle=true&key=1%3F2&after=3'],
  ])('is merged with the options: %j leads to %s', (options, query) => {
    expect(firstAddress(options)).toBe(url + query);
  });

  test.each([
    [{ url: `${url}?run=a`, run: 'b' }, 'url: expected run in the url or in the options, got it in both'],
    [{ url: `${url}?after=0`, after: 0 }, 'url: expected after in the url or in the options, got it in both'],
    [{ url: `${url}?bundle=false` }, 'url: expected no bundle, which the client sets by itself'],
    [{ url: `${url}?afterRun=a` }, 'url: expected no afterRun, which the client sets by itself'],
    [{ url: `${url}?stream=a-1` }, 'url: expected no stream, which the client sets by itself'],
    [{ url: `${url}?after=soon` }, 'url: expected an integer as after, got "soon"'],
  ])('is refused by name where it contradicts: %j', (options, message) => {
    expect(() => readFeedUrl(options)).toThrow(new TypeError(message));
  });

  test('stays in the address when the client connects again', () => {
    const address = readFeedUrl({ url: `${url}?after=7&key=1` });
    const position = new FeedPosition(address.after);
    position.enterRun({ runId: 'a', stream: 'a-1', after: 7 });
    position.skipTo(9);
    const { searchParams } = new URL(position.address(address));
    expect(Object.fromEntries(searchParams)).toEqual({
      ...{ run: 'latest', bundle: 'true', key: '1', after: '9', afterRun: 'a', stream: 'a-1' },
    });
  });
});

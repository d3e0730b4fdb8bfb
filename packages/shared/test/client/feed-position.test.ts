import { describe, expect, test } from '@jest/globals';
import { FeedPosition } from '../../src/client/feed-position.ts';

const url = 'ws://localhost:5000/live';
const query = (address: string): Record<string, string> => Object.fromEntries(new URL(address).searchParams);

/** A run as an older gateway announces it. */
const run = (runId: string) => ({ runId, stream: undefined, after: undefined });

describe('FeedPosition', () => {
  test('requests the latest run from its start by default', () => {
    expect(new FeedPosition().address({ url })).toBe(`${url}?run=latest&bundle=true`);
  });

  test('adds the run that its seq belongs to only when it follows the latest run', () => {
    const position = new FeedPosition(7);
    expect(query(position.address({ url }))).toEqual({ run: 'latest', bundle: 'true', after: '7' });
    position.enterRun(run('a'));
    expect(query(position.address({ url }))).toMatchObject({ after: '7', afterRun: 'a' });
    expect(query(position.address({ url, run: 'a' }))).toEqual({ run: 'a', bundle: 'true', after: '7' });
  });

  test('adds the filters that are set', () => {
    const address = new FeedPosition().address({
      ...{ url, types: ['batch', 'epoch'], maxRate: 0.5, complete: true },
    });
    expect(query(address)).toMatchObject({ types: 'batch,epoch', maxRate: '0.5', complete: 'true' });
  });

  test('accepts each event of its run once and in order', () => {
    const position = new FeedPosition();
    position.enterRun(run('a'));
    const accepted = [1, 2, 2, 1, 5, 4].map((seq) => position.advance({ runId: 'a', seq }));
    expect(accepted).toEqual([true, true, false, false, true, false]);
    expect(position.advance({ runId: 'b', seq: 9 })).toBe(false);
  });

  test('does not move back for skipTo with a smaller seq (P-89)', () => {
    const position = new FeedPosition();
    position.enterRun(run('a'));
    position.skipTo(8);
    position.skipTo(3);
    expect(query(position.address({ url })).after).toBe('8');
  });

  test('starts over when another run begins or its own run is removed (P-88)', () => {
    const position = new FeedPosition();
    position.enterRun(run('a'));
    position.skipTo(8);
    position.removeRun('b');
    expect(query(position.address({ url })).after).toBe('8');
    position.removeRun('a');
    expect(query(position.address({ url })).after).toBeUndefined();
    position.skipTo(4);
    position.enterRun(run('b'));
    expect(position.runId).toBe('b');
    expect(query(position.address({ url })).after).toBeUndefined();
  });

  test('moves to the position that a hello states, also back', () => {
    const position = new FeedPosition(7);
    position.enterRun({ runId: 'a', stream: 'a-1', after: 9 });
    expect(query(position.address({ url }))).toMatchObject({ after: '9', stream: 'a-1' });
    position.enterRun({ runId: 'a', stream: 'a-2', after: 0 });
    expect(query(position.address({ url }))).toEqual({ run: 'latest', bundle: 'true' });
    expect(position.advance({ runId: 'a', seq: 1 })).toBe(true);
    expect(query(position.address({ url }))).toMatchObject({ after: '1', stream: 'a-2' });
  });

  test('stays at its position when its own run is removed, if the next hello will state the position', () => {
    const position = new FeedPosition();
    position.enterRun({ runId: 'a', stream: 'a-1', after: 3 });
    position.removeRun('a');
    expect(query(position.address({ url })).after).toBe('3');
  });

  test('keeps the seq to begin after for the first run, and for the same run', () => {
    const position = new FeedPosition(7);
    position.enterRun(run('a'));
    position.enterRun(run('a'));
    expect([position.runId, query(position.address({ url })).after]).toEqual(['a', '7']);
    position.enterRun({ runId: undefined, stream: undefined, after: undefined });
    expect([position.runId, query(position.address({ url })).after]).toEqual([undefined, undefined]);
  });

  test('adds no filter that is not set, and other parameters as they are', () => {
    const more = new URLSearchParams('key=1&key=2');
    expect(new FeedPosition().address({ url, complete: false, query: more })).toBe(
      `${url}?run=latest&bundle=true&key=1&key=2`,
    );
    expect(query(new FeedPosition().address({ url, maxRate: 0 }))).toMatchObject({ maxRate: '0' });
  });
});

import { describe, expect, test } from '@jest/globals';
import { PublisherAdmission } from '../../src/ingest/publisher-admission.ts';
import { FakePeer } from '../support/fake-peer.ts';

describe('connections to the ingest port', () => {
  test('that have sent nothing are closed in favour of newer ones, the oldest first (P-257, S-34)', () => {
    const admission = new PublisherAdmission({ publishers: 1, pendingHellos: 2 });
    const peers = Array.from({ length: 4 }, () => new FakePeer());
    for (const peer of peers) admission.add(peer);
    expect(peers.map(({ closedWith }) => closedWith)).toEqual([
      'helloTimeout',
      'helloTimeout',
      undefined,
      undefined,
    ]);
  });

  test('become publishers up to a limit, which does not count the others (P-256, S-34)', () => {
    const admission = new PublisherAdmission({ publishers: 1, pendingHellos: 2 });
    const [publisher, other, silent, next] = [new FakePeer(), new FakePeer(), new FakePeer(), new FakePeer()];
    admission.add(publisher);
    admission.add(silent);
    expect([admission.isFull, admission.promote(publisher), admission.isFull]).toEqual([false, true, true]);
    admission.add(other);
    expect(admission.promote(other)).toBe(false);
    publisher.close('normal');
    expect([admission.isFull, admission.promote(other)]).toEqual([false, true]);
    // A publisher is never closed for a connection that has sent nothing.
    admission.add(next);
    admission.add(new FakePeer());
    expect([other.closedWith, silent.closedWith]).toEqual([undefined, 'helloTimeout']);
  });
});

import { appendFileSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { decode, eventSchema } from '@mnist-monitor/shared';
import fc from 'fast-check';
import type { EventBody } from '../../src/event-data.ts';
import { EventLog } from '../../src/storage/event-log.ts';
import { RunFolder } from '../../src/storage/run-folder.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const body = (message: string): EventBody => ({
  type: 'notice',
  data: { level: 'info', code: 'test', message, step: null },
});

describe('EventLog', () => {
  const runs = temporaryFolder();
  let count = 0;
  const open = (memoryLimit = 10): EventLog => {
    const runId = `run${count++}`;
    return new EventLog({ runId, folder: RunFolder.create(runs.path, runId), memoryLimit });
  };

  test('numbers events from 1 and writes each to the file immediately', () => {
    const log = open();
    expect([log.append(body('a')).seq, log.append(body('b')).seq]).toEqual([1, 2]);
    const lines = readFileSync(join(runs.path, log.runId, 'events.jsonl'), 'utf8')
      .trim()
      .split('\n');
    expect(lines.map((line) => decode(eventSchema, line))).toMatchObject([
      { ok: true, value: { v: 1, runId: log.runId, seq: 1, data: { message: 'a' } } },
      { ok: true, value: { seq: 2, data: { message: 'b' } } },
    ]);
    log.close();
  });

  test('reads any range, from memory or from the file', () => {
    const log = open(20);
    // Large enough for several reads of the file, with two-byte characters at their boundaries.
    const texts = Array.from({ length: 1_200 }, (_, at) => `${at}-${'é'.repeat(at % 700)}`);
    for (const text of texts) log.append(body(text));
    const range = fc.tuple(fc.nat(1_200), fc.integer({ min: 1, max: 400 }));
    fc.assert(
      fc.property(range, ([after, limit]) => {
        const events = log.read(after, limit).map((text) => JSON.parse(text));
        expect(events.map(({ seq }) => seq)).toEqual(
          Array.from({ length: Math.min(limit, 1_200 - after) }, (_, at) => after + 1 + at),
        );
        for (const { seq, data } of events) expect(data.message).toBe(texts[seq - 1]);
      }),
      { numRuns: 50 },
    );
    log.close();
  });

  test('continues after the events in the file, and removes an incomplete one', () => {
    const first = open();
    for (let at = 1; at <= 600; at++) first.append(body(`${at}-${'é'.repeat(600)}`));
    first.close();
    const path = join(runs.path, first.runId, 'events.jsonl');
    appendFileSync(path, '{"v":1,"runId":');

    const again = new EventLog({
      runId: first.runId,
      folder: RunFolder.open(runs.path, first.runId),
      memoryLimit: 10,
    });
    expect(again.lastSeq).toBe(600);
    expect(again.append(body('next')).seq).toBe(601);
    const pages = [...again.read(0, 300), ...again.read(300, 300), ...again.read(600, 300)];
    expect(pages.map((text) => JSON.parse(text).seq)).toEqual(Array.from({ length: 601 }, (_, at) => at + 1));
    again.close();
  });

  test('notices that its file was removed, replaced or cut', () => {
    const log = open();
    log.append(body('a'));
    expect(log.isInPlace).toBe(true);
    const text = readFileSync(log.path);
    truncateSync(log.path, 3);
    expect(log.isInPlace).toBe(false);
    rmSync(log.path);
    expect(log.isInPlace).toBe(false);
    writeFileSync(log.path, text);
    expect(log.isInPlace).toBe(false);
    log.close();
  });

  test('returns no events after the last one', () => {
    const log = open();
    expect(log.read(0, 10)).toEqual([]);
    log.append(body('a'));
    expect(log.read(1, 10)).toEqual([]);
    log.close();
  });
});

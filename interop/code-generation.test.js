import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { allMessages, messagesOf } from '@mnist-monitor/shared/documents';
import { temporaryFolder } from '../packages/gateway/dist/test/support/cleanup.js';
import { languages, languagesWithoutCompiler } from './languages/index.js';
import { recordedFeeds } from './support/feeds.js';
import { generate } from './support/generate.js';
import { run } from './support/tools.js';

const messages = messagesOf('live', 'gateway');

/**
 * Returns a message with its times in one format, since each language writes them in its own, and without the fields that the
 * language does not distinguish from absent ones.
 */
function normalized(value, distinguishes) {
  if (typeof value === 'string' && /^\d{4}-\d\d-\d\dT/.test(value)) return new Date(value).toISOString();
  if (Array.isArray(value)) return value.map((item) => normalized(item, distinguishes));
  if (typeof value !== 'object' || value === null) return value;
  const isKept = (field) => {
    if (field === null) return distinguishes.includes('null');
    return typeof field !== 'object' || Object.keys(field).length > 0 || distinguishes.includes('empty');
  };
  const kept = Object.entries(value).filter(([, field]) => isKept(field));
  return Object.fromEntries(kept.map(([name, field]) => [name, normalized(field, distinguishes)]));
}

test('the feeds have every type of message, and values that are not finite', async () => {
  const texts = (await recordedFeeds()).flatMap((feed) => feed.texts);
  const types = new Set(texts.map((text) => JSON.parse(text).type));
  expect([...types].sort()).toEqual(messages.map(({ type }) => type).sort());
  for (const value of ['"NaN"', '"Infinity"', '"-Infinity"', '"by":"tuner.py"'])
    expect(texts.some((text) => text.includes(value))).toBe(true);
});

test.each(languagesWithoutCompiler)('quicktype generates types of every message: %s', async (language) => {
  const text = await generate(temporaryFolder(), { language, file: 'messages' });
  // Languages differ in letter case and underscores.
  const names = text.toLowerCase().replaceAll('_', '');
  for (const { name } of allMessages()) expect(names).toContain(name.toLowerCase());
  expect(names).toContain('confusioncells');
});

describe.each(languages.map((language) => [language.name, language]))('%s', (_name, language) => {
  const whereAvailable = language.isAvailable ? test : test.skip;
  let folder = '';
  let command = [];

  beforeAll(async () => {
    if (!language.isAvailable) return;
    folder = mkdtempSync(join(tmpdir(), 'monitor-decode-'));
    command = await language.build(folder, messages);
  });
  afterAll(() => folder && rmSync(folder, { recursive: true, force: true }));

  /** Runs the program with the generated types. @returns The lines that it writes. */
  const decode = async (texts) => {
    const [program, ...args] = command;
    const { code, stdout, stderr } = await run(program, args, { input: `${texts.join('\n')}\n` });
    expect([code, stderr]).toEqual([0, '']);
    return stdout.trimEnd().split('\n');
  };

  whereAvailable('decodes the feed of each kind of run, and writes the same messages again', async () => {
    const feeds = await recordedFeeds();
    const lines = await decode(feeds.flatMap(({ texts }) => texts));
    const content = (text) => normalized(JSON.parse(text), language.distinguishes);
    for (const { name, texts } of feeds)
      for (const text of texts)
        for (const line of lines.splice(0, 2)) {
          const decoded = line.startsWith('refused') ? line : content(line);
          // Jest compares the largest messages too slowly, so only a difference is left to it.
          if (!isDeepStrictEqual(decoded, content(text)))
            expect({ feed: name, message: decoded }).toEqual({ feed: name, message: content(text) });
        }
    expect(lines).toEqual([]);
  });

  whereAvailable('refuses messages that do not have the form of the schema', async () => {
    const lines = await decode([
      '{"type":"batch"',
      '{"type":"live","seq":"x"}',
      '{"type":"status","runId":[]}',
    ]);
    expect(lines).toHaveLength(6);
    for (const line of lines) expect(line).toMatch(/^refused/);
  });
});

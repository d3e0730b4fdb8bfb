import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { bundledJsonSchema } from '@mnist-monitor/shared/documents';
import { temporaryFolder } from '../packages/gateway/dist/test/support/cleanup.js';
import { generate, generatedLanguages, languages } from './support/languages.js';
import { recordFeed } from './support/record-feed.js';
import { run } from './support/tools.js';

const bundle = bundledJsonSchema();

/** Returns the names of the messages that a definition of the bundle consists of. */
function messagesIn({ $ref, oneOf, anyOf, properties }) {
  const name = $ref?.split('/').at(-1);
  const definition = name && bundle.$defs[name];
  const isMessage = (schema) => schema.properties?.type?.const !== undefined;
  if (definition && (isMessage(definition) || (definition.oneOf ?? []).some(isMessage))) return [name];
  if (definition) return messagesIn(definition);
  return properties ? [] : (oneOf ?? anyOf).flatMap(messagesIn);
}

/** Returns the value of `type` in a message of the bundle. */
const typeOf = ({ properties, oneOf }) => (properties ?? oneOf[0].properties).type.const;

/** Returns the messages of some definitions: the `type` of each, the definition, and the name of the generated type. */
const messagesOf = (definitions) =>
  definitions.map((definition) => ({
    type: typeOf(bundle.$defs[definition]),
    name: `${definition}Message`,
    definition,
  }));
const feedMessages = messagesOf(messagesIn(bundle.$defs.LiveGatewayMessage));

test('the messages of the feed and all messages are found in the bundle', () => {
  expect(feedMessages.map(({ type }) => type)).toEqual(
    expect.arrayContaining(['hello', 'run.started', 'batch', 'events', 'commandResult', 'heartbeat']),
  );
  expect(new Set(messagesIn(bundle)).size).toBeGreaterThan(feedMessages.length);
});

test.each(generatedLanguages)('quicktype generates types of every message: %s', async (language) => {
  const folder = temporaryFolder();
  const messages = messagesOf([...new Set(messagesIn(bundle))]);
  await generate(folder, { bundle, messages, language, file: 'messages' });
  // Languages differ in letter case and underscores.
  const text = readFileSync(join(folder, 'messages'), 'utf8').toLowerCase().replaceAll('_', '');
  expect(text).toContain('bestepoch');
  expect(text).toContain('confusion');
});

/** Returns a message with its times in one format, since each language writes them in its own. */
function normalized(value, keepsNull) {
  if (typeof value === 'string' && /^\d{4}-\d\d-\d\dT/.test(value)) return new Date(value).toISOString();
  if (Array.isArray(value)) return value.map((item) => normalized(item, keepsNull));
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(([, field]) => keepsNull || field !== null);
  return Object.fromEntries(kept.map(([name, field]) => [name, normalized(field, keepsNull)]));
}

describe.each(languages.map((language) => [language.name, language]))('%s', (_name, language) => {
  const whereAvailable = language.isAvailable ? test : test.skip;

  whereAvailable('decodes a recorded feed, and writes the same messages again', async () => {
    const messages = await recordFeed();
    const folder = temporaryFolder();
    const bundleFile = join(folder, 'bundle.json');
    writeFileSync(bundleFile, JSON.stringify(bundle));
    const [program, ...args] = await language.build(folder, { bundle, bundleFile, messages: feedMessages });
    const { code, stdout, stderr } = await run(program, args, { input: `${messages.join('\n')}\n` });
    expect([code, stderr]).toEqual([0, '']);
    const decoded = stdout.trimEnd().split('\n');
    expect(decoded).toHaveLength(messages.length);
    const received = (text) => normalized(JSON.parse(text), language.keepsNull);
    for (const [index, text] of messages.entries()) {
      expect(decoded[index]).not.toBe('refused');
      expect(received(decoded[index])).toEqual(received(text));
    }
    expect(messages.join('\n')).toContain('"loss":"NaN"');

    const broken = await run(program, args, { input: '{"type":"batch"\n{"type":"live","seq":"x"}\n' });
    expect(broken.stdout.trimEnd().split('\n')).toEqual(['refused', 'refused']);
  });
});

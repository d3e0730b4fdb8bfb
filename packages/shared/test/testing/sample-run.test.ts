import { expect, test } from '@jest/globals';
import { eventSchema, eventTypes, validate } from '../../src/index.ts';
import { sampleRun } from '../../src/testing/index.ts';

test('a sample run is valid, contains every type except notice, and has seqs without gaps', () => {
  const run = sampleRun();
  for (const each of run) expect(validate(eventSchema, each)).toMatchObject({ ok: true });
  expect(run.map(({ seq }) => seq)).toEqual(run.map((_, index) => index + 1));
  const types = new Set(run.map(({ type }) => type));
  expect(eventTypes.filter((type) => !types.has(type))).toEqual(['notice']);
});

test('equal options generate equal runs', () => {
  expect(sampleRun({ epochs: 2 })).toEqual(sampleRun({ epochs: 2 }));
});

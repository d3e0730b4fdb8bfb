import { expect, test } from '@jest/globals';
import { encode, eventSchema, eventTypes, validate, version1EventSchema } from '../../src/index.ts';
import { sampleRun, sampleRunOfVersion2 } from '../../src/testing/index.ts';

test('a sample run fits version 1, contains its types except notice, and has seqs without gaps', () => {
  const run = sampleRun();
  for (const each of run) expect(validate(version1EventSchema, each)).toMatchObject({ ok: true });
  expect(run.map(({ seq }) => seq)).toEqual(run.map((_, index) => index + 1));
  const types = new Set<string>(run.map(({ type }) => type));
  const types1 = version1EventSchema.options.map(({ shape }) => shape.type.value);
  expect(types1.filter((type) => !types.has(type))).toEqual(['notice']);
});

test('a sample run of version 2 is valid and contains every type', () => {
  const run = sampleRunOfVersion2();
  for (const each of run)
    expect(validate(eventSchema, JSON.parse(encode(each)))).toEqual({ ok: true, value: each });
  const types = new Set(run.map(({ type }) => type));
  expect(eventTypes.filter((type) => !types.has(type))).toEqual([]);
});

test('equal options generate equal runs', () => {
  expect(sampleRun({ epochs: 2 })).toEqual(sampleRun({ epochs: 2 }));
});

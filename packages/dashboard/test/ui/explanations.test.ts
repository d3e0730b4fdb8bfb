import { expect, it } from '@jest/globals';
import { type Explained, explainedNames, explanation } from '../../src/ui/explanations.ts';

const parts = Object.keys(explainedNames) as Explained[];

it.each(parts)('explains %s in at most three sentences, also for a run without classes', (part) => {
  for (const classCount of [undefined, 2, 10, 1_000]) {
    const text = explanation(part, classCount);
    expect(text.length).toBeLessThanOrEqual(260);
    expect(text.split(/[.?](?:\s|$)/).filter(Boolean).length).toBeLessThanOrEqual(3);
    expect(text).not.toMatch(/NaN %|undefined|Infinity/);
  }
});

it('says what guessing leads to, where the number of classes is known', () => {
  expect(explanation('loss', 10)).toContain('2.303 is guessing');
  expect(explanation('loss', undefined)).not.toContain('guessing');
  expect(explanation('accuracy', 10)).toContain('Guessing gives 10\u00a0%.');
});

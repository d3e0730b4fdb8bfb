import { describe, expect, it } from '@jest/globals';
import { presetOf, presetsFor } from '../../../src/panels/new-run/presets.ts';

const ids = (config: Record<string, number> | null): string[] =>
  presetsFor(config && { config }).map(({ id }) => id);

describe('the presets for a new run', () => {
  it('begin with the settings of the run shown, if the form has some of them', () => {
    expect(ids(null)).toEqual(['default', 'quick', 'sprint', 'best']);
    expect(ids({ epochs: 3 })).toEqual(['again', 'default', 'quick', 'sprint', 'best']);
    expect(ids({ depth: 6 })).toEqual(['default', 'quick', 'sprint', 'best']);
  });

  it('are recognized by the values of the form, until one is changed', () => {
    const presets = presetsFor(null);
    const form = new Map(Object.entries(presets[1]?.values ?? {}));
    expect(presetOf(presets, form)?.id).toBe('quick');
    expect(presetOf(presets, form.set('name', 'any'))?.id).toBe('quick');
    expect(presetOf(presets, form.set('epochs', '2'))).toBeUndefined();
  });
});

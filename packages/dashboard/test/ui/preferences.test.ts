import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { defaultView } from '../../src/state/view.ts';
import { readPreferences, savePreferences } from '../../src/ui/preferences.ts';

const key = 'mnist-monitor.preferences';

describe('stored settings', () => {
  const stored = new Map<string, string>();
  beforeEach(() => {
    stored.clear();
    Object.defineProperty(globalThis, 'localStorage', {
      configurable: true,
      value: {
        getItem: (name: string) => stored.get(name) ?? null,
        setItem: (name: string, value: string) => stored.set(name, value),
      },
    });
  });
  afterEach(() => {
    Reflect.deleteProperty(globalThis, 'localStorage');
  });

  it('are read as they were saved, also a target and an axis that used to be the defaults', () => {
    const charts = { ...defaultView, target: 0.99, scales: { loss: 'log' } as const, smoothing: 0.5 };
    savePreferences({ theme: 'dark', shortcuts: false, notifications: true, charts });
    expect(readPreferences()).toMatchObject({
      ...{ theme: 'dark', shortcuts: false },
      charts: { target: 0.99, scales: { loss: 'log' }, smoothing: 0.5 },
    });
  });

  it('of an earlier version lose only the target and the loss axis that nobody had chosen', () => {
    const of = (charts: string) => {
      stored.set(key, JSON.stringify({ theme: 'dark', charts }));
      return readPreferences();
    };
    expect(of('x=epoch&smoothing=0.5&target=0.99&loss=log&accuracy=full')).toMatchObject({
      theme: 'dark',
      charts: { axis: 'epoch', smoothing: 0.5, target: 'auto', scales: { accuracy: 'full' } },
    });
    expect(of('x=epoch&target=0.99&loss=log').charts.scales).toEqual({});
    expect(of('x=epoch&target=0.95&loss=linear').charts).toMatchObject({
      target: 0.95,
      scales: { loss: 'linear' },
    });
  });
});

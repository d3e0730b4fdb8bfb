import { describe, expect, it } from '@jest/globals';
import { defaultView, queryOf, targetOf, type View, viewOf } from '../../src/state/view.ts';

describe('the target of the accuracy', () => {
  const runOn = (name: string) => ({ started: { config: {}, dataset: { name } } });

  it('is 99 % on MNIST, and none on other data: no run states one', () => {
    expect(targetOf(defaultView, runOn('MNIST'))).toBe(0.99);
    expect(targetOf(defaultView, runOn('mnist'))).toBe(0.99);
    expect(targetOf(defaultView, runOn('Fashion-MNIST'))).toBeNull();
    expect(targetOf(defaultView, { started: { config: {} } })).toBeNull();
    expect(targetOf(defaultView, { started: null })).toBeNull();
    expect(targetOf(defaultView, null)).toBeNull();
  });

  it('is that of the viewer, who may also have none', () => {
    expect(targetOf({ target: 0.6 }, runOn('Fashion-MNIST'))).toBe(0.6);
    expect(targetOf({ target: null }, runOn('MNIST'))).toBeNull();
  });
});

describe('the view in the address', () => {
  it.each<Partial<View>>([
    {},
    { run: '20261124-100000-k3f9', others: ['a', 'b'] },
    { step: 214 },
    { axis: 'elapsed', logX: true, smoothing: 0, target: null },
    { viewport: { kind: 'fixed', min: 120, max: 480.25 } },
    { axis: 'clock', viewport: { kind: 'fixed', min: 1_795_514_400_123, max: 1_795_514_500_456 } },
    {
      viewport: { kind: 'follow', width: 60 },
      scales: { loss: 'linear', accuracy: 'full' },
    },
  ])('is read back unchanged (%#)', (change) => {
    const view = { ...defaultView, ...change };
    expect(viewOf(queryOf(view))).toEqual(view);
  });

  it('overrides the preferences when it is complete', () => {
    const preferences = { ...defaultView, smoothing: 0.5, axis: 'epoch' as const };
    expect(viewOf(queryOf(defaultView), preferences).smoothing).toBe(defaultView.smoothing);
    expect(viewOf('', preferences)).toMatchObject({ smoothing: 0.5, axis: 'epoch' });
    expect(viewOf('run=abc', preferences)).toMatchObject({ run: 'abc', axis: 'epoch' });
  });

  it.each([
    'x=sideways',
    'smoothing=7',
    'smoothing=x',
    'zoom=9~1',
    'zoom=a~b',
    'target=900',
    'at=-3',
    'at=now',
    'loss=round',
    'zoom=last~-3',
  ])('ignores invalid values: %s', (query) => {
    expect(viewOf(query)).toEqual(defaultView);
  });

  it('has at most eleven compared runs, each once', () => {
    expect(viewOf('with=a,b,a,c,d,e,f,g,h,i,j,k,l,m').others.join()).toBe('a,b,c,d,e,f,g,h,i,j,k');
  });

  it('has the hidden runs and the pinned run of a comparison', () => {
    const view = { ...defaultView, others: ['a', 'b'], hidden: ['a'], pinned: 'b' };
    expect(viewOf(queryOf(view))).toMatchObject({ hidden: ['a'], pinned: 'b' });
    expect(queryOf({ ...view, others: [] })).not.toMatch(/hide|pin/);
    const many = Array.from({ length: 20 }, (_, index) => `run-${index}`).join();
    expect(viewOf(`hide=${many}`).hidden).toHaveLength(12);
  });
});

it.each([
  ['view=wall&cycle=20', 'wall', 20],
  ['view=wall&cycle=2', 'wall', null],
  ['view=wall&cycle=fast', 'wall', null],
  ['view=embed', 'embed', null],
  ['view=ceiling', 'page', null],
])('the layout of %s is %s', (query, layout, cycleSeconds) => {
  const view = viewOf(query);
  expect(view).toMatchObject({ layout, cycleSeconds });
  expect(viewOf(queryOf(view))).toEqual(view);
});

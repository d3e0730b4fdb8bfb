import { describe, expect, it } from '@jest/globals';
import type { Version1EventOf } from '@mnist-monitor/shared';
import { sampleRun } from '@mnist-monitor/shared/testing';
import { figureRows, settingRows } from '../../../src/panels/compare/comparison.ts';
import { summaryOf } from '../../support/session.ts';

const events = sampleRun();
const started = (events[0]?.type === 'run.started' &&
  events[0].data) as Version1EventOf<'run.started'>['data'];
const epoch = events.find((event) => event.type === 'epoch')?.data as Version1EventOf<'epoch'>['data'];
const withPlainSpaces = (text: string): string => text.replaceAll('\u00a0', ' ');

describe('the comparison', () => {
  const first = summaryOf('first', { started, epoch });
  const second = summaryOf('second', {
    started: { ...started, config: { ...started.config, batchSize: 64 } },
    epoch: { ...epoch, test: { ...epoch.test, accuracy: epoch.test.accuracy + 0.01 } },
  });

  it('shows the difference of each figure to the baseline', () => {
    const rows = figureRows([first, second, summaryOf('third')]);
    const accuracy = rows.find(({ name }) => name === 'Test accuracy');
    expect(accuracy?.values.map(({ text, change }) => withPlainSpaces(`${text} ${change}`.trim()))).toEqual([
      '91.00 %',
      '92.00 % +1.00 %',
      '–',
    ]);
  });

  it('marks the settings that differ', () => {
    const rows = settingRows([first, second]);
    expect(rows.filter(({ differs }) => differs).map(({ name }) => name)).toEqual(['Batch size']);
    const textOf = (wanted: string) => rows.find(({ name }) => name === wanted)?.values[0]?.text;
    expect(textOf('Learning rate')).toBe('0.01, constant');
    expect(textOf('Augmentation')).toBe('none');
    expect(textOf('Parameters')).toBe('467,818');
  });
});

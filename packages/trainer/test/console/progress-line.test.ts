import { describe, expect, test } from '@jest/globals';
import { bar } from '@mnist-monitor/shared/console';
import { plainLine, progressLine } from '../../src/console/progress-line.ts';
import type { BatchData } from '../../src/event-data.ts';

const batch: BatchData = {
  epoch: 4,
  batch: 59,
  step: 413,
  loss: 0.0812,
  accuracy: 0.976,
  learningRate: 0.01,
  imagesPerSecond: 1_083.4,
  elapsedSeconds: 200,
  etaSeconds: 372,
};
const totals = { epochs: 10, steps: 1_180 };
const figures = 'epoch 4/10  loss 0.0812  accuracy 97.60 %  1,083 images/s  6:12 left';

describe('the progress line', () => {
  test('shows overall progress, a bar, epoch, loss, accuracy, speed and time left', () => {
    expect(progressLine(batch, totals, 120)).toBe(`   35 %  ${bar(0.35, 40)}  ${figures}`);
  });

  test('omits the bar, then truncates, on a narrow terminal', () => {
    expect(progressLine(batch, totals, 80)).toBe(`   35 %  ${figures}`.slice(0, 79));
    expect(progressLine(batch, totals, 30)).toHaveLength(29);
  });

  test('is never wider than the terminal', () => {
    for (let columns = 12; columns < 200; columns++)
      expect(progressLine(batch, totals, columns).length).toBeLessThan(columns);
  });

  test('is not truncated when it contains a bar', () => {
    for (let columns = 90; columns < 200; columns++)
      expect(progressLine(batch, totals, columns)).toMatch(/[█░] {2}epoch 4.* left$/);
  });

  test('has the same figures, but no bar, in a log file', () => {
    expect(plainLine(batch, totals)).toBe(` 35 %  ${figures}`);
  });

  test('omits the remaining time until it is known', () => {
    expect(plainLine({ ...batch, etaSeconds: null }, totals)).not.toContain('left');
  });
});

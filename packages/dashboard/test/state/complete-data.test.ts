import { expect, test } from '@jest/globals';
import { sampleRunOfVersion2 } from '@mnist-monitor/shared/testing';
import { deviceFacts } from '../../src/panels/facts/run-facts.ts';
import { epochRows } from '../../src/panels/log/epoch-rows.ts';
import { confusionCells } from '../../src/panels/test-results/confusion-matrix.ts';
import { findingsOf } from '../../src/state/findings.ts';
import { applyEvent, emptyRun } from '../../src/state/run.ts';

test('a run of version 2 without accuracies can be applied and described', () => {
  const run = emptyRun('tokens');
  for (const event of sampleRunOfVersion2('tokens')) {
    applyEvent(run, event);
    expect(() => findingsOf(run)).not.toThrow();
  }
  expect(run.batch).toMatchObject({ step: 40, imagesPerSecond: 1e5, accuracy: Number.NaN });
  expect(run.started?.dataset.classes).toHaveLength(120);
  expect(deviceFacts(run.started!).length).toBeGreaterThan(0);
  expect(epochRows(run.epochs)).toHaveLength(2);
  expect(confusionCells(run.epochs.at(-1)!.test.confusion)).toEqual([]);
  // Its images are not 28 × 28 grey values, which is all that the panel can draw.
  expect(run.samples.at(-1)?.items).toEqual([]);
});

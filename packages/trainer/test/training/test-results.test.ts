import { describe, expect, test } from '@jest/globals';
import { eventLimits } from '@mnist-monitor/shared';
import type { Evaluation } from '../../src/training/metrics.ts';
import { describeResults } from '../../src/training/test-results.ts';

/** Returns the evaluation of a set with `classCount` classes, each of whose cells of the confusion matrix has the given count. */
function evaluationOf(classCount: number, more: Partial<Evaluation> = {}): Evaluation {
  return {
    ...{
      loss: 0.5,
      accuracy: 0.75,
      perClass: Array(classCount).fill(0.25),
      precision: Array(classCount).fill(1),
    },
    calibration: [{ count: 1, confidence: 0.5, accuracy: 1 }],
    confusion: new Uint32Array(classCount * classCount),
    predictions: Uint16Array.of(0, 1),
    confidences: Float32Array.of(0.5, 1),
    top: { count: 0, probabilities: new Float32Array(), classes: new Uint16Array() },
    ...more,
  };
}
const bytesOf = (base64: string | null | undefined): number[] => [...Buffer.from(base64 ?? '', 'base64')];

describe('the results of a test', () => {
  test('have the scores, and the accuracy of each class also as its recall', () => {
    expect(describeResults(evaluationOf(2))).toMatchObject({
      ...{ loss: 0.5, accuracy: 0.75, perClass: [0.25, 0.25], recall: [0.25, 0.25], precision: [1, 1] },
      calibration: [{ count: 1, confidence: 0.5, accuracy: 1 }],
    });
  });

  test('have the confusion matrix as rows, one for each true class', () => {
    const results = describeResults(
      evaluationOf(3, { confusion: Uint32Array.from([1, 2, 3, 4, 5, 6, 7, 8, 9]) }),
    );
    expect(results.confusion).toEqual([
      [1, 2, 3],
      [4, 5, 6],
      [7, 8, 9],
    ]);
    expect(results).not.toHaveProperty('confusionCells');
    expect(describeResults(evaluationOf(eventLimits.matrixClasses)).confusion).toHaveLength(
      eventLimits.matrixClasses,
    );
  });

  test('have the cells that are not 0 beyond the classes of a matrix', () => {
    const classCount = eventLimits.matrixClasses + 1;
    const confusion = new Uint32Array(classCount * classCount);
    confusion[1] = 7;
    confusion[2 * classCount + 5] = 1;
    const results = describeResults(evaluationOf(classCount, { confusion }));
    expect(results.confusionCells).toEqual([
      [0, 1, 7],
      [2, 5, 1],
    ]);
    expect(results).not.toHaveProperty('confusion');
  });

  test('have no confusion when more of its cells are not 0 than an event may have', () => {
    const confusion = new Uint32Array(1_000_000).fill(1, 0, eventLimits.confusionCells);
    expect(describeResults(evaluationOf(1_000, { confusion })).confusionCells).toHaveLength(
      eventLimits.confusionCells,
    );
    confusion[eventLimits.confusionCells] = 1;
    const results = describeResults(evaluationOf(1_000, { confusion }));
    expect(results).not.toHaveProperty('confusionCells');
    // Without the cells there is room for the predictions.
    expect(bytesOf(results.predictions)).toEqual([0, 0, 1, 0]);
  });

  test.each([
    [256, [3, 255]],
    [257, [3, 0, 255, 0]],
  ])('of %d classes have the predictions as bytes %j', (classCount, bytes) => {
    const predictions = Uint16Array.of(3, 255);
    expect(bytesOf(describeResults(evaluationOf(classCount, { predictions })).predictions)).toEqual(bytes);
  });

  test('have two bytes of each prediction in little-endian order', () => {
    const predictions = Uint16Array.of(258, 999);
    const results = describeResults(evaluationOf(1_000, { predictions }));
    expect(bytesOf(results.predictions)).toEqual([2, 1, 231, 3]);
  });

  test('have the confidences from 0 to 255, rounded', () => {
    const confidences = Float32Array.of(0, 0.5, 0.999, 1);
    expect(bytesOf(describeResults(evaluationOf(2, { confidences })).confidences)).toEqual([
      0, 128, 255, 255,
    ]);
  });

  test('have no confidences when one is not finite, as in a run that has diverged', () => {
    const confidences = Float32Array.of(0.5, Number.NaN);
    expect(describeResults(evaluationOf(2, { confidences }))).not.toHaveProperty('confidences');
  });

  test.each([
    ['predictions', eventLimits.predictionBytes, (size: number) => ({ predictions: new Uint16Array(size) })],
    ['confidences', eventLimits.confidenceBytes, (size: number) => ({ confidences: new Float32Array(size) })],
  ] as const)('have no %s of more images than an event may have', (field, limit, values) => {
    expect(describeResults(evaluationOf(2, values(limit)))).toHaveProperty(field);
    expect(describeResults(evaluationOf(2, values(limit + 1)))).not.toHaveProperty(field);
  });

  test('leave out confidences, and then predictions, beside many cells, so that the event stays below 900 kB', () => {
    const fieldsWith = (cells: number): string[] => {
      // A cell such as [500,500,4000000000] has 20 characters, and a comma.
      const confusion = new Uint32Array(1_000_000).fill(4_000_000_000, 500_500, 500_500 + cells);
      const results = describeResults(evaluationOf(1_000, { confusion }));
      expect(results.confusionCells).toHaveLength(cells);
      return ['predictions', 'confidences'].filter((field) => field in results);
    };
    expect(fieldsWith(1_000)).toEqual(['predictions', 'confidences']);
    expect(fieldsWith(20_000)).toEqual(['predictions']);
    expect(fieldsWith(25_000)).toEqual([]);
  });
});

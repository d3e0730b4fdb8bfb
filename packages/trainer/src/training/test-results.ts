import { eventLimits } from '@mnist-monitor/shared';
import type { EpochData } from '../event-data.ts';
import type { Evaluation } from './metrics.ts';

type TestData = EpochData['test'];

/**
 * Largest sizes of the JSON of `confusionCells` in an event with predictions, and in one with confidences too, so that the event
 * stays below 900 kB.
 */
const maxCellBytes = { predictions: 500_000, confidences: 350_000 };

/** Returns the results on the test set as an `epoch` event contains them. */
export function describeResults(evaluation: Evaluation): TestData {
  const { loss, accuracy, perClass, precision, calibration } = evaluation;
  const confusion = describeConfusion(evaluation);
  const cellBytes = JSON.stringify(confusion.confusionCells ?? []).length;
  return {
    loss,
    accuracy,
    perClass,
    precision,
    recall: perClass,
    ...confusion,
    calibration,
    ...(cellBytes <= maxCellBytes.predictions && describePredictions(evaluation)),
    ...(cellBytes <= maxCellBytes.confidences && describeConfidences(evaluation)),
  };
}

/** Returns the confusion matrix: rows of counts, or for many classes the cells that are not 0, unless there are too many. */
function describeConfusion({
  confusion,
  perClass,
}: Evaluation): Pick<TestData, 'confusion' | 'confusionCells'> {
  const classCount = perClass.length;
  if (classCount <= eventLimits.matrixClasses)
    return {
      confusion: Array.from({ length: classCount }, (_, row) =>
        Array.from(confusion.subarray(row * classCount, (row + 1) * classCount)),
      ),
    };
  const cells: [truth: number, prediction: number, count: number][] = [];
  confusion.forEach((count, cell) => {
    if (count > 0) cells.push([Math.floor(cell / classCount), cell % classCount, count]);
  });
  return cells.length <= eventLimits.confusionCells ? { confusionCells: cells } : {};
}

/** Returns the predicted class of each image in base64; nothing for a test set that is too large for an event. */
function describePredictions({ predictions, perClass }: Evaluation): Pick<TestData, 'predictions'> {
  const bytes = perClass.length <= 256 ? Uint8Array.from(predictions) : toLittleEndian(predictions);
  if (bytes.length > eventLimits.predictionBytes) return {};
  return { predictions: Buffer.from(bytes.buffer).toString('base64') };
}

/** Returns the probability of each prediction in base64; nothing where one is not finite, or for a test set that is too large. */
function describeConfidences({ confidences }: Evaluation): Pick<TestData, 'confidences'> {
  if (confidences.length > eventLimits.confidenceBytes || !confidences.every(Number.isFinite)) return {};
  const bytes = Uint8Array.from(confidences, (confidence) => Math.round(255 * confidence));
  return { confidences: Buffer.from(bytes.buffer).toString('base64') };
}

function toLittleEndian(values: Uint16Array): Uint8Array {
  const bytes = new DataView(new ArrayBuffer(values.length * 2));
  values.forEach((value, at) => {
    bytes.setUint16(at * 2, value, true);
  });
  return new Uint8Array(bytes.buffer);
}

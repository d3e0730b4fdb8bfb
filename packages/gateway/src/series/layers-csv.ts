import type { MonitorEvent } from '@mnist-monitor/shared';
import { csvLine, withoutFormula } from './csv.ts';

/** The header of the table of the layers. */
export const layersCsvHeader = csvLine([
  'time',
  'step',
  'name',
  'weightNorm',
  'gradientNorm',
  'updateRatio',
  'dead',
]);

/** Returns the lines of a `layers` event: one for each parameter tensor, and one for each activation. */
export function layersCsvLines({ type, time, data }: MonitorEvent): string {
  if (type !== 'layers') return '';
  const { step, tensors, weightNorm, gradientNorm, updateRatio, activations, dead } = data;
  const ofTensors = tensors.map((name, at) => {
    const values = [weightNorm, gradientNorm, updateRatio].map((list) => list?.[at]);
    return csvLine([time, step, withoutFormula(name), ...values, undefined]);
  });
  const ofActivations = (activations ?? []).map((name, at) =>
    csvLine([time, step, withoutFormula(name), undefined, undefined, undefined, dead?.[at]]),
  );
  return [...ofTensors, ...ofActivations].join('');
}

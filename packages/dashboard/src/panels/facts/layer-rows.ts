import type { RunStartedData } from '../../state/event-data.ts';
import { formatCount } from '../../state/format.ts';

/** A row of the table of layers. */
export interface LayerRow {
  name: string;
  type: string;
  shape: string;
  parameters: string;
}

/** Returns a table row for each layer of the network. */
export function layerRows({ model }: RunStartedData): LayerRow[] {
  return (model?.layers ?? []).map(({ name, type, outputShape, parameters }) => ({
    name,
    type,
    shape: outputShape.map((size) => (size === null ? '?' : formatCount(size))).join('\u2009×\u2009'),
    parameters: parameters === 0 ? '–' : formatCount(parameters),
  }));
}

import { formatPlural } from '../../state/format.ts';
import type { Run } from '../../state/run.ts';
import { stepWordOf } from '../../state/run-words.ts';

/** Lists what an export of the run contains: "1,180 batches, 3 epochs, 4 custom metrics"; empty without any of these. */
export function exportContent(run: Run): string {
  const { steps, byEpoch, epochs, metrics, figures } = run;
  const word = stepWordOf(run);
  const count = (number: number, one: string, many = `${one}s`): string =>
    number === 0 ? '' : formatPlural(number, one, many);
  return [
    byEpoch ? '' : count(steps.length + steps.thinned, word, word === 'batch' ? 'batches' : 'steps'),
    count(epochs.length, 'epoch'),
    count(metrics.size, 'custom metric'),
    count(figures.length, 'figure (JSON lines only)', 'figures (JSON lines only)'),
  ]
    .filter(Boolean)
    .join(', ');
}

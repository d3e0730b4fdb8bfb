import type { BatchData, EventBody, NoticeData } from '../event-data.ts';

/**
 * Creates a `notice` event.
 * @param details The step to which the notice refers, the value that it reports, and who gave the command, if any.
 */
export const notice = (
  level: NoticeData['level'],
  code: string,
  message: string,
  { by, ...details }: { step?: number; value?: number; by?: string | undefined } = {},
): EventBody => ({
  type: 'notice',
  data: { level, code, message, step: null, ...details, ...(by !== undefined && { by }) },
});

/** Detects the first loss that is not a finite number: after it, the network learns nothing more. */
export class DivergenceWatch {
  #reported = false;

  /** Returns a notice for the first batch whose loss is not finite; an empty list for all others. */
  check({ loss, step, learningRate }: BatchData): EventBody[] {
    if (this.#reported || Number.isFinite(loss)) return [];
    this.#reported = true;
    const message = `The loss is ${loss} from step ${step} on: the run has diverged. Try a learning rate below ${learningRate}.`;
    return [notice('error', 'training.diverged', message, { step })];
  }
}

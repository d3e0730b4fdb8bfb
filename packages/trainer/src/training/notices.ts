import type { BatchData, EventBody, NoticeData } from '@mnist-monitor/shared';

/** Creates a `notice` event; it belongs to a step, and contains a value, only where these are given. */
export const notice = (
  level: NoticeData['level'],
  code: string,
  message: string,
  details: { step?: number; value?: number } = {},
): EventBody => ({
  type: 'notice',
  data: { level, code, message, step: null, ...details },
});

/** Reports once that the loss is no longer a finite number: from that step on the network learns nothing. */
export class DivergenceWatch {
  #reported = false;

  /** Returns the notice for the first batch whose loss is not finite. */
  check({ loss, step, learningRate }: BatchData): EventBody[] {
    if (this.#reported || Number.isFinite(loss)) return [];
    this.#reported = true;
    const message = `The loss is ${loss} from step ${step} on: the run has diverged. Try a learning rate below ${learningRate}.`;
    return [notice('error', 'training.diverged', message, { step })];
  }
}

import type { BatchData, EventBody, NoticeData } from '@mnist-monitor/shared';

/** A `notice` event; `step` and `value` are left out where it belongs to none. */
export const notice = (
  level: NoticeData['level'],
  code: string,
  message: string,
  place: { step?: number; value?: number } = {},
): EventBody => ({
  type: 'notice',
  data: { level, code, message, step: null, ...place },
});

/** Says once that the loss is no number any more: from there on the network learns nothing. */
export class DivergenceWatch {
  #said = false;

  see({ loss, step, learningRate }: BatchData): EventBody[] {
    if (this.#said || Number.isFinite(loss)) return [];
    this.#said = true;
    const message = `The loss is ${loss} from step ${step} on: the run has diverged. Try a learning rate below ${learningRate}.`;
    return [notice('error', 'training.diverged', message, { step })];
  }
}

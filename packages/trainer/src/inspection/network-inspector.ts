import { createHash } from 'node:crypto';
import { setImmediate as yieldToEventLoop } from 'node:timers/promises';
import { eventLimits } from '@mnist-monitor/shared';
import { type Batch, orderedBatches } from '../dataset/batches.ts';
import type { Split } from '../dataset/dataset.ts';
import type { InspectionEvent, LayersData } from '../event-data.ts';
import { encodeSafetensors } from '../export/safetensors.ts';
import { joinInspections } from '../learner/inspection.ts';
import type { Inspection, Learner, Score, StepOptions } from '../learner/learner.ts';
import { MovingMean } from './moving-mean.ts';
import { chooseProbeSet, type ProbeSet, probeImageParts } from './probe-set.ts';
import { quantize, quantizeWeights } from './quantize.ts';
import { type RunLength, snapshotSteps } from './snapshot-steps.ts';
import {
  deadShares,
  describeUpdate,
  histogram,
  type ParameterUpdate,
  roundMeasures,
} from './tensor-statistics.ts';
import { TimeShare } from './time-share.ts';

/** Options of `NetworkInspector`. */
export interface NetworkInspectorOptions extends RunLength {
  learner: Learner;
  test: Split;
  /** Determines the images of the probe set. */
  seed: number;
  /** Number of images of the probe set, at most 500. */
  probeSize: number;
  /** Images per batch of a prediction. */
  evaluationBatch: number;
  /** Names of the relus of the network, in order. */
  relus: readonly string[];
  /** The last step, and the number of images of the probe set, that the log of a resumed run contains. */
  emitted: { step: number; probeImages: number };
  /** Writes a file of the run, named by its digest. */
  writeSnapshot: (digest: string, bytes: Uint8Array) => void;
  /** Returns the training time in seconds. */
  seconds: () => number;
}

// Together at most 2 % of the training time, after the first probes.
const layersShare = { share: 0.005, minSeconds: 0.25 };
const probeShare = { share: 0.01, minSeconds: 2, startsEarly: true };
const snapshotShare = { share: 0.005, minSeconds: 0 };
/** Number of steps over which the time of a step is averaged: single times differ, on a busy machine severalfold. */
const stepWindow = 20;

/**
 * Looks into the network while it trains: norms of its layers, its logits for a fixed set of test images, and copies of its
 * weights. Work that takes long on the engine is done less often, so that it hardly slows training.
 */
export class NetworkInspector {
  readonly #options: NetworkInspectorOptions;
  readonly #probeSet: ProbeSet;
  readonly #layersTime: TimeShare;
  readonly #probeTime: TimeShare;
  readonly #snapshotTime: TimeShare;
  readonly #isSnapshotStep: (step: number) => boolean;
  #sentImages: number;
  /** Seconds of a step that returns no gradients. */
  readonly #stepSeconds = new MovingMean(stepWindow);
  /** Whether a step without gradients was made since the last update. */
  #isStepTimeFresh = false;
  /** The update of the last step, if it was recorded. */
  #update: ParameterUpdate | undefined;
  /** Share of dead units of each relu, from the last probe. */
  #dead: number[] | undefined;
  /** The last epoch whose histograms were returned. */
  #histogramEpoch = 0;

  constructor(options: NetworkInspectorOptions) {
    const { test, probeSize, seed, seconds } = options;
    this.#options = options;
    this.#probeSet = chooseProbeSet(test, Math.min(probeSize, eventLimits.probeImages), seed);
    this.#layersTime = new TimeShare({ ...layersShare, seconds });
    this.#probeTime = new TimeShare({ ...probeShare, seconds });
    this.#snapshotTime = new TimeShare({ ...snapshotShare, seconds });
    this.#isSnapshotStep = snapshotSteps(options);
    this.#sentImages = options.emitted.probeImages;
  }

  /** Makes a step of the learner; records its update where norms are due. */
  async step(batch: Batch, options: StepOptions): Promise<Score> {
    const { learner } = this.#options;
    this.#update = undefined;
    if (!this.#isUpdateDue) {
      this.#isStepTimeFresh = true;
      const [score, seconds] = await this.#timed(() => learner.step(batch, options));
      this.#stepSeconds.add(seconds);
      return score;
    }
    this.#layersTime.begin();
    this.#isStepTimeFresh = false;
    const before = await this.#layersTime.run(() => learner.weights());
    const [{ gradients = [], ...score }, seconds] = await this.#timed(() =>
      learner.step(batch, { ...options, withGradients: true }),
    );
    this.#layersTime.count(seconds - (this.#stepSeconds.value ?? seconds));
    const after = await this.#layersTime.run(() => learner.weights());
    this.#update = { before, after, gradients };
    return score;
  }

  /**
   * Whether the next step records its update. Between two recorded updates there is at least one step without gradients: the
   * time that the gradients take is measured as the difference from such steps.
   */
  get #isUpdateDue(): boolean {
    return this.#layersTime.isDue && (this.#layersTime.isFirst || this.#isStepTimeFresh);
  }

  async #timed<T>(work: () => Promise<T>): Promise<[result: T, seconds: number]> {
    const { seconds } = this.#options;
    const start = seconds();
    const result = await work();
    return [result, seconds() - start];
  }

  /**
   * Yields the events that are due after a step; only snapshots for a step that a resumed run repeats.
   * @param epoch The epoch of the step, from 1.
   */
  async *inspect(step: number, epoch: number): AsyncGenerator<InspectionEvent> {
    const isRepeated = step <= this.#options.emitted.step;
    if (this.#probeTime.isDue && !isRepeated) {
      this.#probeTime.begin();
      yield* await this.#probeTime.run(() => this.#probeEvents(step));
    }
    if (this.#update && !isRepeated) {
      const update = this.#update;
      yield {
        type: 'layers',
        data: await this.#layersTime.run(() => this.#describeLayers(step, epoch, update)),
      };
    }
    const isEpochEnd = step % this.#options.batchesPerEpoch === 0;
    if (this.#isSnapshotStep(step) && (isEpochEnd || this.#snapshotTime.isDue)) {
      this.#snapshotTime.begin();
      yield* await this.#snapshotTime.run(() => this.#snapshotEvents(step, isEpochEnd ? epoch : undefined));
    }
  }

  async #probeEvents(step: number): Promise<InspectionEvent[]> {
    const { learner, evaluationBatch, relus } = this.#options;
    const { size, classCount } = this.#probeSet.split;
    const parts: Inspection[] = [];
    for (const batch of orderedBatches(this.#probeSet.split, evaluationBatch)) {
      parts.push(await learner.inspect(batch));
      await yieldToEventLoop();
    }
    const { logits, maxima } = joinInspections(parts);
    this.#dead = maxima.length === relus.length ? deadShares(maxima) : undefined;
    const images = probeImageParts(this.#probeSet, this.#sentImages);
    this.#sentImages = size;
    const events: InspectionEvent[] = images.map((part) => ({
      type: 'probe',
      data: { step, size, images: part },
    }));
    const quantized = quantize(logits, 1);
    if (quantized)
      events.push({
        type: 'probe',
        data: {
          step,
          size,
          logits: {
            classes: classCount,
            scale: quantized.scales[0],
            values: Buffer.from(quantized.bytes.buffer).toString('base64'),
          },
        },
      });
    return events;
  }

  #describeLayers(step: number, epoch: number, update: ParameterUpdate): LayersData {
    const hasHistograms = epoch > this.#histogramEpoch;
    const histograms = hasHistograms ? update.before.map(({ values }) => histogram(values)) : [];
    this.#histogramEpoch = epoch;
    return roundMeasures({
      step,
      ...describeUpdate(update),
      ...(this.#dead && { activations: [...this.#options.relus], dead: this.#dead }),
      ...(hasHistograms && histograms.every((each) => each !== undefined) && { histograms }),
    });
  }

  async #snapshotEvents(step: number, epoch: number | undefined): Promise<InspectionEvent[]> {
    const { learner, writeSnapshot } = this.#options;
    const tensors = quantizeWeights(await learner.weights());
    if (!tensors) return [];
    const file = encodeSafetensors(tensors, { step: String(step) });
    if (file.length > eventLimits.snapshotBytes) return [];
    const digest = createHash('sha256').update(file).digest('hex');
    writeSnapshot(digest, file);
    return [
      { type: 'snapshot', data: { step, ...(epoch !== undefined && { epoch }), digest, bytes: file.length } },
    ];
  }
}

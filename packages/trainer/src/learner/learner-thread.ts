import { parentPort, workerData } from 'node:worker_threads';
import { bytesPerImage } from '@mnist-monitor/shared';
import type { Batch } from '../dataset/batches.ts';
import { startWasmBackend, wasmKernels } from '../kernels/wasm.ts';
import { AllReduce } from './all-reduce.ts';
import type { Inspection, StepOptions, StepScore } from './learner.ts';
import { copyValues, LocalLearner, readScore } from './local-learner.ts';
import type { BatchShare, LearnerThreadData, LearnerThreadRequest } from './thread-messages.ts';

// The program of a `ParallelLearner`'s thread, which has a copy of the network and its own WebAssembly backend.
const { rank, memory, options } = workerData as LearnerThreadData;
const port = parentPort as NonNullable<typeof parentPort>;
await startWasmBackend();
const learner = new LocalLearner(wasmKernels, options);
const shapes = learner.network.parameterSpecs.map(({ shape }) => shape);
const allReduce = new AllReduce(memory, shapes, rank);

port.on('message', async (request: LearnerThreadRequest) => port.postMessage(await answer(request)));
port.postMessage('ready');

async function answer(request: LearnerThreadRequest): Promise<unknown> {
  switch (request.type) {
    case 'step':
      return step(request.share, request.options);
    case 'predict':
      return request.share.from < request.share.to
        ? learner.predict(batchOf(request.share))
        : new Float32Array();
    case 'inspect':
      return inspect(request.share);
    case 'weights':
      return learner.weights();
    case 'state':
      return learner.state();
    case 'restore':
      return learner.restore(request.state);
  }
}

/**
 * Makes a step and returns this share's part of the batch's mean loss and accuracy. The first thread returns the gradients of
 * the whole batch, where they are asked for.
 */
async function step(share: BatchShare, stepOptions: StepOptions): Promise<StepScore> {
  const weight = (share.to - share.from) / share.total;
  // The seed differs per thread, because each draws dropout masks for its own images.
  const result = weight > 0 ? learner.gradients(batchOf(share), stepOptions.seed + rank) : undefined;
  const sums = allReduce.sum(result?.gradients, weight);
  const gradients = stepOptions.withGradients && rank === 0 ? await copyValues(sums) : undefined;
  learner.update(sums, stepOptions);
  const { loss, accuracy } = result ? await readScore(result.score) : { loss: 0, accuracy: 0 };
  return { loss: loss * weight, accuracy: accuracy * weight, ...(gradients && { gradients }) };
}

/** Inspects this share of a batch; undefined for a share without images. */
async function inspect(share: BatchShare): Promise<Inspection | undefined> {
  return share.from < share.to ? learner.inspect(batchOf(share)) : undefined;
}

function batchOf({ images, oneHot, from, to, classCount }: BatchShare): Batch {
  return {
    size: to - from,
    images: new Float32Array(images).slice(from * bytesPerImage, to * bytesPerImage),
    oneHot: new Float32Array(oneHot).slice(from * classCount, to * classCount),
  };
}

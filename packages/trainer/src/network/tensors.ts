import { classCount } from '@mnist-monitor/shared';
import * as tf from '@tensorflow/tfjs-core';
import type { Batch } from '../dataset/batches.ts';
import { imageShape } from './model.ts';

/** The images of a batch on the backend, [batch, 28, 28, 1]. */
export const imageTensor = ({ images, size }: Batch): tf.Tensor4D =>
  tf.tensor4d(images, [size, ...imageShape] as [number, number, number, number]);

/** The labels of a batch on the backend, [batch, 10]. */
export const labelTensor = ({ oneHot, size }: Batch): tf.Tensor2D => tf.tensor2d(oneHot, [size, classCount]);

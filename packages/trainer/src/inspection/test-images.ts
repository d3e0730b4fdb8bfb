import { createHash } from 'node:crypto';
import { eventLimits } from '@mnist-monitor/shared';
import type { Split } from '../dataset/dataset.ts';
import type { TestImages } from '../event-data.ts';

/** The largest number of classes whose labels have one byte each. */
const oneByteClasses = 256;

/**
 * Returns the file with all images of a test set, followed by their labels, and its description for `run.started`; undefined for
 * a test set that is too large for a file.
 */
export function testImagesFile(test: Split): { description: TestImages; content: Uint8Array } | undefined {
  const { images, size, classCount } = test;
  const labelBytes = classCount > oneByteClasses ? 2 : 1;
  const content = Buffer.alloc(images.length + size * labelBytes);
  if (content.length > eventLimits.testImageBytes) return undefined;
  content.set(images);
  for (let at = 0; at < size; at++)
    content.writeUIntLE(test.labels[at], images.length + at * labelBytes, labelBytes);
  const digest = createHash('sha256').update(content).digest('hex');
  return { description: { digest, count: size, width: 28, height: 28, channels: 1 }, content };
}

import { describe, expect, test } from '@jest/globals';
import type { MonitorEvent } from '@mnist-monitor/shared';
import { sampleRun } from '@mnist-monitor/shared/testing';
import { scalarRecord, versionRecord } from '../../src/export/tensorboard.ts';
import { frameRecord, recordBytes } from '../../src/export/tfrecord.ts';

const batch = {
  ...sampleRun().find(({ type }) => type === 'batch'),
  time: '2026-11-24T10:00:00.500Z',
  data: { step: 300, loss: 0.25, accuracy: 0.5, learningRate: 0.0078125, imagesPerSecond: Number.NaN },
} as MonitorEvent;

describe('a record of a TensorBoard file', () => {
  // Written by TensorFlow 2.21 itself: tf.io.TFRecordWriter with the same values in its own Event message.
  const version = '1800000000000000a37f4b22090000000858c1da411a0d627261696e2e4576656e743a32fd8b31be';
  const scalars =
    '74000000000000005f6773d2090000200858c1da4110ac022a660a110a0a62617463682f6c6f7373150000803e0a150a0e62617463682f6163637572616379150000003f0a1a0a1362617463682f6c6561726e696e675f72617465150000003c0a1e0a1762617463682f696d616765735f7065725f7365636f6e64150000c07f59271f9c';

  test('equals the bytes that TensorFlow writes', () => {
    expect(versionRecord(new Date('2026-11-24T10:00:00.000Z')).toString('hex')).toBe(version);
    expect(scalarRecord(batch)?.toString('hex')).toBe(scalars);
  });

  test('exists for batches and epochs only', () => {
    const drawn = sampleRun().filter((event) => scalarRecord(event));
    expect(new Set(drawn.map(({ type }) => type))).toEqual(new Set(['batch', 'epoch']));
  });

  test('has its size in the header, in which any wrong bit is detected', () => {
    const record = frameRecord(Buffer.from('some data'));
    expect(recordBytes(record)).toBe(record.length);
    for (let at = 0; at < 12; at++) {
      const wrong = Buffer.from(record);
      wrong[at]! ^= 1;
      expect(recordBytes(wrong)).toBeUndefined();
    }
  });
});

import type { MonitorEvent } from '@mnist-monitor/shared';
import { frameRecord } from './tfrecord.ts';

/** Numbers to plot over the steps, by their tags in TensorBoard; a number that is not known is left out. */
type Scalars = Record<string, number | null | undefined>;

/** Creates the first record of a TensorBoard file: an `Event` with the fields wall_time (1) and file_version (3). */
export const versionRecord = (wallTime: Date): Buffer =>
  frameRecord(Buffer.concat([double(1, wallTime.getTime() / 1_000), bytes(3, Buffer.from('brain.Event:2'))]));

/**
 * Creates the record of an event; undefined for an event without numbers to plot. The record is an `Event` of
 * tensorflow/core/util/event.proto with the fields wall_time (1), step (2) and summary (5). Each value in the summary has a
 * tag (1) and a simple_value (2).
 */
export function scalarRecord(event: MonitorEvent): Buffer | undefined {
  if (event.type !== 'batch' && event.type !== 'epoch') return undefined;
  const values = Object.entries(scalarsOf(event)).flatMap(([tag, value]) =>
    typeof value === 'number' ? [bytes(1, Buffer.concat([bytes(1, Buffer.from(tag)), float(2, value)]))] : [],
  );
  const wallTime = double(1, Date.parse(event.time) / 1_000);
  return frameRecord(
    Buffer.concat([wallTime, integer(2, event.data.step ?? 0), bytes(5, Buffer.concat(values))]),
  );
}

function scalarsOf(event: Extract<MonitorEvent, { type: 'batch' | 'epoch' }>): Scalars {
  if (event.type === 'epoch') {
    return { 'test/loss': event.data.test?.loss, 'test/accuracy': event.data.test?.accuracy };
  }
  const { loss, accuracy, learningRate, imagesPerSecond } = event.data;
  return {
    'batch/loss': loss,
    'batch/accuracy': accuracy,
    'batch/learning_rate': learningRate,
    'batch/images_per_second': imagesPerSecond,
  };
}

// Fields of a protocol buffer (protobuf.dev/programming-guides/encoding): a key (field number, wire type), then the value.

const wireTypes = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 };
const key = (field: number, type: keyof typeof wireTypes): Buffer => varint(field * 8 + wireTypes[type]);

function varint(value: number): Buffer {
  const groups: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) groups.push((rest % 128) + 128);
  return Buffer.from([...groups, rest]);
}

const integer = (field: number, value: number): Buffer =>
  Buffer.concat([key(field, 'varint'), varint(value)]);

function double(field: number, value: number): Buffer {
  const fixed = Buffer.alloc(8);
  fixed.writeDoubleLE(value);
  return Buffer.concat([key(field, 'fixed64'), fixed]);
}

function float(field: number, value: number): Buffer {
  const fixed = Buffer.alloc(4);
  fixed.writeFloatLE(value);
  return Buffer.concat([key(field, 'fixed32'), fixed]);
}

const bytes = (field: number, value: Uint8Array): Buffer =>
  Buffer.concat([key(field, 'bytes'), varint(value.length), value]);

import {
  base64Bytes,
  type EventOf,
  type MonitorEvent,
  type TestResults,
  type ValidationIssue,
} from '@mnist-monitor/shared';
import { maxIssues } from './published-event.ts';

/** Numbers that the first events of a run state, and that its later events must not contradict. */
export interface RunFacts {
  /** The number of names in `dataset.classes`; undefined for a run without them, whose events may have any classes. */
  classes?: number | undefined;
  /** The number of images in `dataset.testImages`. */
  testImages?: number | undefined;
  /** The number of images in the probe set. */
  probeSize?: number | undefined;
}

/** Adds what an event states to the facts of its run. Facts that are known already stay. */
export function addFacts(facts: RunFacts, { type, data }: MonitorEvent): void {
  if (type === 'run.started') {
    facts.classes ??= data.dataset?.classes?.length;
    facts.testImages ??= data.dataset?.testImages?.count;
  }
  if (type === 'probe') facts.probeSize ??= data.size;
}

/** Returns the first issues of an event that contradicts the facts of its run, or another part of itself. */
export function contradictions({ type, data }: MonitorEvent, facts: RunFacts): ValidationIssue[] {
  switch (type) {
    case 'run.started':
      return first(changedFacts(data.dataset, facts));
    case 'epoch':
      return data.test ? first(wrongResults(data.test, facts)) : [];
    case 'samples':
      return first(wrongSamples(data.items, facts));
    case 'probe':
      return first(wrongProbe(data, facts));
    default:
      return [];
  }
}

function first(issues: Generator<ValidationIssue>): ValidationIssue[] {
  const found: ValidationIssue[] = [];
  for (const issue of issues) if (found.push(issue) === maxIssues) break;
  return found;
}

const inRunStarted = 'in run.started';

function* changedFacts(
  dataset: EventOf<'run.started'>['data']['dataset'],
  { classes, testImages }: RunFacts,
): Generator<ValidationIssue> {
  const counts = [
    ['classes', dataset?.classes?.length, classes],
    ['testImages.count', dataset?.testImages?.count, testImages],
  ] as const;
  for (const [name, actual, expected] of counts)
    if (actual !== undefined && expected !== undefined && actual !== expected)
      yield {
        path: `data.dataset.${name}`,
        message: `expected ${expected}, as in an earlier run.started of the run, got ${actual}`,
      };
}

function* wrongResults(test: TestResults, { classes, testImages }: RunFacts): Generator<ValidationIssue> {
  const { perClass, precision, recall, confusion, confusionCells, predictions, confidences } = test;
  const lists = { perClass, precision, recall, confusion };
  for (const [name, list] of Object.entries(lists))
    if (list != null && classes !== undefined && list.length !== classes)
      yield {
        path: `data.test.${name}`,
        message: `expected ${classes} items, one for each class ${inRunStarted}, got ${list.length}`,
      };
  // The schema has compared the lengths of the lists with each other.
  const own = Object.values(lists).find((list) => list != null)?.length;
  const range: ClassRange = classes === undefined ? [own, 'in this event'] : [classes, inRunStarted];
  // Looks for the first wrong cell only: an event may have 50,000 of them.
  const cell =
    confusionCells?.findIndex((each) => Math.max(each[0]!, each[1]!) >= (range[0] ?? Infinity)) ?? -1;
  for (const [at, value] of (confusionCells?.[cell] ?? []).slice(0, 2).entries())
    yield* outside(`data.test.confusionCells.${cell}.${at}`, value, range);
  if (predictions != null) yield* wrongPredictions(predictions, range, testImages);
  if (confidences != null) yield* wrongConfidences(confidences, testImages);
}

/** A number of classes, undefined if it is not known, and where the number is stated. */
type ClassRange = readonly [classes: number | undefined, where: string];

function* outside(path: string, value: number, [classes, where]: ClassRange): Generator<ValidationIssue> {
  if (classes !== undefined && value >= classes)
    yield {
      path,
      message: `expected a class from 0 to ${classes - 1}, of the ${classes} ${where}, got ${value}`,
    };
}

function* wrongPredictions(
  text: string,
  range: ClassRange,
  testImages: number | undefined,
): Generator<ValidationIssue> {
  const [classes] = range;
  if (classes === undefined) return;
  const path = 'data.test.predictions';
  const bytes = Buffer.from(text, 'base64');
  const size = classes > 256 ? 2 : 1;
  if (bytes.length % size !== 0)
    yield {
      path,
      message: `expected two bytes for each prediction of ${classes} classes, got ${bytes.length} bytes`,
    };
  else if (testImages !== undefined && bytes.length !== testImages * size)
    yield {
      path,
      message: `expected ${testImages * size} bytes, ${size === 1 ? 'one' : 'two'} for each of the ${testImages} test images ${inRunStarted}, got ${bytes.length}`,
    };
  else
    for (let at = 0; at < bytes.length; at += size) {
      const value = size === 1 ? bytes[at]! : bytes.readUInt16LE(at);
      if (value >= classes) return yield* outside(path, value, range);
    }
}

function* wrongConfidences(text: string, testImages: number | undefined): Generator<ValidationIssue> {
  const bytes = base64Bytes(text);
  if (testImages !== undefined && bytes !== testImages)
    yield {
      path: 'data.test.confidences',
      message: `expected ${testImages} bytes, one for each of the ${testImages} test images ${inRunStarted}, got ${bytes}`,
    };
}

function* wrongSamples(
  items: EventOf<'samples'>['data']['items'],
  { classes, testImages }: RunFacts,
): Generator<ValidationIssue> {
  const range: ClassRange = [classes, inRunStarted];
  for (const [at, item] of items.entries()) {
    const path = `data.items.${at}`;
    yield* outside(`${path}.label`, item.label, range);
    yield* outside(`${path}.prediction`, item.prediction, range);
    for (const [index, each] of (item.classes ?? []).entries())
      yield* outside(`${path}.classes.${index}`, each, range);
    if (classes !== undefined && item.probabilities.length > classes)
      yield {
        path: `${path}.probabilities`,
        message: `expected at most ${classes} items, one for each class ${inRunStarted}, got ${item.probabilities.length}`,
      };
    yield* outsideTestSet(`${path}.index`, item.index, testImages);
  }
}

function* wrongProbe(
  { size, logits, images }: EventOf<'probe'>['data'],
  { classes, testImages, probeSize }: RunFacts,
): Generator<ValidationIssue> {
  if (probeSize !== undefined && size !== probeSize)
    yield {
      path: 'data.size',
      message: `expected ${probeSize}, as in earlier probes of the run, got ${size}`,
    };
  if (testImages !== undefined && size > testImages)
    yield {
      path: 'data.size',
      message: `expected at most ${testImages}, the number of test images ${inRunStarted}, got ${size}`,
    };
  if (logits && classes !== undefined && logits.classes !== classes)
    yield {
      path: 'data.logits.classes',
      message: `expected ${classes}, the number of classes ${inRunStarted}, got ${logits.classes}`,
    };
  for (const [at, label] of (images?.labels ?? []).entries())
    yield* outside(`data.images.labels.${at}`, label, [classes, inRunStarted]);
  for (const [at, index] of (images?.indices ?? []).entries())
    yield* outsideTestSet(`data.images.indices.${at}`, index, testImages);
}

function* outsideTestSet(
  path: string,
  index: number,
  testImages: number | undefined,
): Generator<ValidationIssue> {
  if (testImages !== undefined && index >= testImages)
    yield {
      path,
      message: `expected an index from 0 to ${testImages - 1}, of the ${testImages} test images ${inRunStarted}, got ${index}`,
    };
}

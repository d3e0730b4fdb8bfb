import { runFiles } from '@mnist-monitor/shared/browser';
import { modelFileUrl, snapshotUrl, testImagesUrl } from '../../net/api.ts';
import { readRunFile } from '../../net/run-files.ts';
import { roundWeights } from '../../network/round-weights.ts';
import { weightsAt } from '../../network/run-weights.ts';
import { readableSnapshots } from '../../state/examined-image.ts';
import { classesIn } from '../../state/predictions.ts';
import type { Run } from '../../state/run.ts';
import type { SavedFile } from '../../state/saved-run.ts';
import { imageHistories } from '../misread/image-history.ts';

/** Maximum size of the test images that are saved: with more misread images, a file of 2 MB has no room for them. */
const imageBytesLimit = 2_000_000;

/** The files of a run that are saved, by their address. */
export interface SavedFiles {
  weights: ReadonlyMap<string, SavedFile>;
  testImages: ReadonlyMap<string, SavedFile>;
}

/**
 * Reads the files of a run that are saved with it: the latest weights as bytes, and the test images that an epoch misread.
 * @param hasModel Whether the gateway has a saved model of the run.
 */
export async function readSavedFiles(run: Run, hasModel: boolean): Promise<SavedFiles> {
  const [weights, testImages] = await Promise.all([
    orNothing(() => savedWeights(run, hasModel)),
    orNothing(() => savedTestImages(run)),
  ]);
  return { weights, testImages };
}

const noFiles: ReadonlyMap<string, SavedFile> = new Map();

/** Returns no file where the gateway has it no longer, or where it cannot be read: the rest of the run is saved without it. */
const orNothing = (read: () => Promise<ReadonlyMap<string, SavedFile>>) => read().catch(() => noFiles);

async function savedWeights(run: Run, hasModel: boolean): Promise<ReadonlyMap<string, SavedFile>> {
  const weights = weightsAt(run, null);
  const snapshot = readableSnapshots(run).at(-1);
  if (!weights || (!snapshot && !hasModel)) return noFiles;
  const file = await weights.read();
  return snapshot
    ? oneFile(snapshotUrl(run.runId, snapshot.digest), new Uint8Array(file))
    : oneFile(modelFileUrl(run.runId, runFiles.pytorchWeights), new Uint8Array(roundWeights(file)));
}

async function savedTestImages(run: Run): Promise<ReadonlyMap<string, SavedFile>> {
  const { testImages, classes = null } = run.started?.dataset ?? {};
  if (!testImages || run.predictions.length === 0) return noFiles;
  const { digest, count, width, height, channels } = testImages;
  const address = testImagesUrl(run.runId, digest);
  const content = new Uint8Array(await readRunFile(address));
  const imageBytes = width * height * channels;
  const labels = content.subarray(count * imageBytes);
  const classCount = classes?.length ?? 0;
  const misread = imageHistories(run.predictions, classesIn(labels, classCount), classCount);
  if (misread.length * imageBytes > imageBytesLimit) return noFiles;
  const parts = misread.map(({ index }) => {
    const from = index * imageBytes;
    return { from, bytes: content.subarray(from, from + imageBytes) };
  });
  return new Map([
    [address, { length: content.length, parts: [...parts, { from: count * imageBytes, bytes: labels }] }],
  ]);
}

const oneFile = (address: string, bytes: Uint8Array): ReadonlyMap<string, SavedFile> =>
  new Map([[address, { length: bytes.length, parts: [{ from: 0, bytes }] }]]);

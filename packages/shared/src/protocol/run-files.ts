/** Paths of files in a run's folder below `--runs`. The trainer writes the files; the gateway serves or checks some. */
export const runFiles = {
  /** Every event of the run in order, one JSON text per line. */
  events: 'events.jsonl',
  /** Settings that the run was started with, for resuming it. */
  settings: 'run.json',
  /** Present while a trainer has the run open. The trainer updates its modification time every few seconds. */
  lock: 'lock',
  checkpoint: 'checkpoint/last.safetensors',
  /** The saved model as a tfjs LayersModel: topology and weights. */
  model: 'model/model.json',
  modelWeights: 'model/weights.bin',
  /** The saved model's weights for PyTorch. */
  pytorchWeights: 'mnist_cnn.safetensors',
} as const;

/** The kinds of files that publishers send, each a folder of the run's folder, and the extension of these files. */
export const publishedFileExtensions = { snapshots: 'safetensors', 'test-images': 'bin' } as const;
export type PublishedFileKind = keyof typeof publishedFileExtensions;

/**
 * Returns the path of a published file, below the run's folder.
 * @param digest SHA-256 of the content, in hexadecimal digits.
 */
export const publishedFilePath = (kind: PublishedFileKind, digest: string): string =>
  `${kind}/${digest}.${publishedFileExtensions[kind]}`;

/** Age in milliseconds from which a lock file is ignored, because its trainer must have ended without removing it. */
export const staleLockMs = 60_000;

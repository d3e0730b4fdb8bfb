/**
 * The limits on the content of an event, for every publisher. Lengths of texts are in characters, which are
 * Unicode code points; sizes in bytes are in the name. An event as a whole has at most 900 kB of JSON.
 */
export const eventLimits = {
  /** Keys of `config`: several times the settings of the largest training scripts. */
  configKeys: 200,
  /** JSON of `config`, in UTF-8: it is part of the run's summary and is sent to every new viewer. */
  configBytes: 16 * 1024,
  /** Fewer than two classes leave nothing to classify. */
  minClasses: 2,
  /** ImageNet has 1,000 classes; a confusion matrix of more cannot be read on a screen. */
  maxClasses: 1_000,
  /** Characters of a class name: longer names do not fit beside a row of a matrix. */
  className: 64,
  /** Layers of `model`: the modules of a large language model, with a margin. */
  layers: 1_000,
  /** GPUs of one machine: the largest have 16, of which each may be divided into several. */
  gpus: 64,
  /** Characters of a run's name: one line of the page. */
  runName: 200,
  /** Tags of a run, and the characters of each: they stay in one or two lines of the list of runs. */
  tags: 20,
  tag: 40,
  /** Characters of a unit, such as `images` or `squared error`. */
  unit: 32,
  /** Names of custom metrics in an event: more charts than a person looks through. */
  metrics: 100,
  /** Characters of a metric's group, the title above its charts. */
  metricGroup: 64,
  /** Characters of `by`: the name of a program. */
  by: 64,
  /** The largest confusion matrix that is sent as rows of counts; a matrix of more classes is sent as its non-zero cells. */
  matrixClasses: 100,
  /** Non-zero cells of a confusion matrix: 600 kB, and more cells than a test set of 50,000 items can fill. */
  confusionCells: 50_000,
  /** Bins of a calibration curve: the number used by Guo et al. 2017. */
  calibrationBins: 15,
  /** Bytes of the predicted classes of a test set: 100,000 images at two bytes each. */
  predictionBytes: 200_000,
  /** Bytes of the confidences of a test set: 100,000 images at one byte each. */
  confidenceBytes: 100_000,
  /** Items of one `samples` event, and images in one `probe` event. */
  items: 100,
  /** Width and height of an image in pixels: small images show a wrong prediction well, larger ones only cost bandwidth. */
  imageSide: 64,
  /** Probabilities of a sample: below the ten largest there is nothing left to see. */
  probabilities: 10,
  /** A figure's PNG, or its table as JSON: a chart of 800 × 600 pixels fits. */
  figureBytes: 128 * 1024,
  /** Seconds between two figures of a run: each is sent to every viewer and kept. */
  figureIntervalSeconds: 10,
  /** Width and height of a figure's PNG in pixels: a page of A4 at 300 dots an inch fits, and no viewer decodes more than 64 MB. */
  figureSide: 4_096,
  /** A larger table belongs in a file. */
  tableRows: 200,
  tableColumns: 20,
  tableText: 200,
  /** Parameter tensors, or activations, of `layers`: a transformer of 40 blocks has 480 tensors. */
  tensors: 500,
  /** Bins of a histogram of weights: one for every two or three pixels of its drawing. */
  histogramBins: 32,
  /** Images of the probe set of a run, which several `probe` events send: 50 of each of ten classes. */
  probeImages: 500,
  /** Bytes of the logits of a `probe`: 500 images of 1,000 classes, one byte each. */
  probeLogitBytes: 500_000,
  /** Bytes of the images in one `probe`: with base64, the event stays below 900 kB. */
  probeImageBytes: 600_000,
  /** A snapshot of weights in int8: two million parameters, which a page can load and evaluate. */
  snapshotBytes: 2 * 1024 * 1024,
  /** Snapshots of a run: their number is halved when it grows beyond this, so that they stay evenly spaced. */
  snapshots: 64,
  /** The test images of a data set: 10,000 images of 28 × 28 pixels have 8 MB. */
  testImageBytes: 16 * 1024 * 1024,
  /** Starts that wait in a trainer's queue. */
  queuedStarts: 50,
} as const;

/** Returns the length of the base64 text of a number of bytes. */
export const base64Length = (bytes: number): number => Math.ceil(bytes / 3) * 4;

/** Returns the number of bytes that a base64 text decodes to. */
export const base64Bytes = (text: string): number =>
  (text.length / 4) * 3 - (text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0);

import { setBackend } from '@tensorflow/tfjs-core';
import type { TrainerConfig } from './config.ts';
import { type Dataset, takeFirst } from './dataset/dataset.ts';
import { loadDataset } from './dataset/load.ts';
import { type EngineChoice, type Selection, selectEngine } from './engines/select.ts';

/** What the runs of one process share: each dataset is read once, and each engine is started once. */
export class Workbench {
  readonly #datasets = new Map<string | undefined, Dataset>();
  readonly #selections = new Map<EngineChoice, Selection>();

  /** As many images as the run wants. @throws MonitorError `dataset.invalid` or `option.invalid` */
  async dataset({ data, trainSize, testSize }: TrainerConfig): Promise<Dataset> {
    const all = this.#datasets.get(data) ?? (await loadDataset(data));
    this.#datasets.set(data, all);
    const train = takeFirst(all.train, trainSize, '--train-size');
    const test = takeFirst(all.test, testSize, '--test-size');
    return { ...all, train, test };
  }

  /** The engine that the run wants, in use from here on. @throws MonitorError `engine.unavailable` */
  async engine({ engine: choice, threads }: TrainerConfig): Promise<Selection> {
    const started = this.#selections.get(choice);
    if (started) await setBackend(started.engine.name);
    const selection = started ?? (await selectEngine({ choice, threads }));
    this.#selections.set(choice, selection);
    return selection;
  }
}

import { setBackend } from '@tensorflow/tfjs-core';
import type { TrainerConfig } from '../config.ts';
import { type Dataset, takeFirst } from '../dataset/dataset.ts';
import { loadDataset } from '../dataset/load.ts';
import { type EngineChoice, type Selection, selectEngine } from '../engines/select.ts';

/** What the runs of one process share: each dataset is read once, and each engine is started once. */
export class RunResources {
  readonly #datasets = new Shared<string | undefined, Dataset>();
  readonly #selections = new Shared<EngineChoice, Selection>();

  /** Both at once: the files are read while the engine's library loads. @throws MonitorError */
  acquire(config: TrainerConfig): Promise<[Dataset, Selection]> {
    return Promise.all([this.dataset(config), this.engine(config)]);
  }

  /** As many images as the run wants. @throws MonitorError `dataset.invalid` or `option.invalid` */
  async dataset({ data, trainSize, testSize }: TrainerConfig): Promise<Dataset> {
    const all = await this.#datasets.get(data, () => loadDataset(data));
    const train = takeFirst(all.train, trainSize, '--train-size');
    const test = takeFirst(all.test, testSize, '--test-size');
    return { ...all, train, test };
  }

  /** The engine that the run wants, in use from here on. @throws MonitorError `engine.unavailable` */
  async engine({ engine: choice, threads }: TrainerConfig): Promise<Selection> {
    const selection = await this.#selections.get(choice, () => selectEngine({ choice, threads }));
    await setBackend(selection.engine.name);
    return selection;
  }
}

/** Makes each thing once; what could not be made is tried again. */
class Shared<Key, Thing> {
  readonly #made = new Map<Key, Promise<Thing>>();

  get(key: Key, make: () => Promise<Thing>): Promise<Thing> {
    const made = this.#made.get(key) ?? make();
    this.#made.set(key, made);
    made.catch(() => this.#made.delete(key));
    return made;
  }
}

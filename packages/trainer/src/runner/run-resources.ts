import type { EngineChoice } from '@mnist-monitor/shared';
import type { TrainerConfig } from '../config.ts';
import { type Dataset, takeFirst } from '../dataset/dataset.ts';
import { loadDataset } from '../dataset/load.ts';
import type { SelectedPrecision } from '../engines/precision.ts';
import { type RunEngine, type SelectedEngine, selectEngine } from '../engines/select.ts';
import tf from '../kernels/tfjs.cjs';

/** The datasets and engines that the runs of one process share: each is loaded once. */
export class RunResources {
  /** Datasets by the settings that select them and their classes. */
  readonly #datasets = new Cache<string, Dataset>();
  /** Engines by the user's choice. The number of threads is no part of the key: it is the same for all runs of a process. */
  readonly #engines = new Cache<EngineChoice, SelectedEngine>();
  /** Selected precisions, by the names of the engine and of the user's choice. */
  readonly #precisions = new Cache<string, SelectedPrecision>();

  /**
   * Loads dataset and engine concurrently: the files are read while the engine's library loads.
   * @throws MonitorError `dataset.invalid`, `option.invalid` or `engine.unavailable`
   */
  acquire(config: TrainerConfig): Promise<[Dataset, RunEngine]> {
    return Promise.all([this.#dataset(config), this.#engine(config)]);
  }

  async #dataset({ data, classes, classNames, trainSize, testSize }: TrainerConfig): Promise<Dataset> {
    const key = JSON.stringify([data, classes, classNames]);
    const all = await this.#datasets.get(key, () => loadDataset(data, { classesFile: classes, classNames }));
    const train = takeFirst(all.train, trainSize, '--train-size');
    const test = takeFirst(all.test, testSize, '--test-size');
    return { ...all, train, test };
  }

  /** Returns the configured engine with its precision, and makes the engine the active tfjs backend. */
  async #engine({ engine: choice, threads, precision: precisionChoice }: TrainerConfig): Promise<RunEngine> {
    const selected = await this.#engines.get(choice, () => selectEngine({ choice, threads }));
    const { engine } = selected;
    await tf.setBackend(engine.name);
    const key = `${engine.name} ${precisionChoice}`;
    const precision = await this.#precisions.get(key, () => engine.selectPrecision(precisionChoice));
    return { ...selected, precision };
  }
}

/** Loads a value once per key. When loading fails, the next request for the key loads the value again. */
class Cache<Key, Value> {
  readonly #values = new Map<Key, Promise<Value>>();

  get(key: Key, load: () => Promise<Value>): Promise<Value> {
    const value = this.#values.get(key) ?? load();
    this.#values.set(key, value);
    value.catch(() => this.#values.delete(key));
    return value;
  }
}

import { availableParallelism, loadavg } from 'node:os';
import { TestEnvironment } from 'jest-environment-node';

/** Beyond this a test that hangs would hold up a run for too long. */
const mostPatience = 10;

/** Processes that wait for each core: how many times longer than on an idle machine a test may take. Windows reports 0. */
const loadPerCore = () => Math.min(mostPatience, Math.max(1, loadavg()[0] / availableParallelism()));

/**
 * Node's environment, with time limits that grow with the load of the machine: tests and hooks, with a limit of their own
 * or without. Tests read the factor through `timeFactor` of @mnist-monitor/shared/testing, for waits within a test.
 */
export default class LoadAwareEnvironment extends TestEnvironment {
  #limits = new WeakMap();

  handleTestEvent({ name, test, hook }, state) {
    if (name !== 'test_start' && name !== 'hook_start') return;
    const runnable = name === 'test_start' ? test : hook;
    // A test that is tried again, and a hook before each test, start more than once.
    if (!this.#limits.has(runnable)) this.#limits.set(runnable, runnable.timeout);
    const factor = loadPerCore();
    runnable.timeout = (this.#limits.get(runnable) ?? state.testTimeout) * factor;
    this.global.process.env.TEST_TIME_FACTOR = String(factor);
  }
}

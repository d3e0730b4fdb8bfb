import { availableParallelism, loadavg } from 'node:os';
import vm from 'node:vm';
import { TestEnvironment } from 'jest-environment-node';

/** Largest factor for time limits: with a larger one, a test that hangs would delay the test run for too long. */
const maxTimeFactor = 10;

/** Returns the number of processes per core, at least 1: tests take that many times as long. Windows reports a load of 0. */
const timeFactor = () => Math.min(maxTimeFactor, Math.max(1, loadavg()[0] / availableParallelism()));

/**
 * Jest's environment for Node.js, with two changes. The time limits of all tests and hooks grow with the load of the machine; for
 * waits within a test, tests read the factor with `timeFactor` of @mnist-monitor/shared/testing. And globals are as fast as outside
 * of tests.
 */
export default class LoadAwareEnvironment extends TestEnvironment {
  #limits = new WeakMap();

  constructor(config, context) {
    // Jest looks up each global, such as `Math`, in a proxy, at every use of its name: loops over numbers take twenty times as long.
    // A context without a proxy has ordinary globals.
    const { createContext } = vm;
    vm.createContext = () => createContext(vm.constants.DONT_CONTEXTIFY);
    try {
      super(config, context);
    } finally {
      vm.createContext = createContext;
    }
  }

  handleTestEvent({ name, test, hook }, state) {
    if (name !== 'test_start' && name !== 'hook_start') return;
    const runnable = name === 'test_start' ? test : hook;
    // A test or hook may start more than once; its original limit is kept, so that factors do not multiply.
    if (!this.#limits.has(runnable)) this.#limits.set(runnable, runnable.timeout);
    const factor = timeFactor();
    runnable.timeout = (this.#limits.get(runnable) ?? state.testTimeout) * factor;
    this.global.process.env.TEST_TIME_FACTOR = String(factor);
  }
}

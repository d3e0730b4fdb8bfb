import LoadAwareEnvironment from '../test-environment.js';

/** Skips the tests of a file after the first that fails: one is enough to detect a mutant. */
export default class FirstFailureEnvironment extends LoadAwareEnvironment {
  #hasFailed = false;

  handleTestEvent(event, state) {
    super.handleTestEvent(event, state);
    if (event.name === 'test_fn_failure' || event.name === 'hook_failure') this.#hasFailed = true;
    if (event.name === 'test_start' && this.#hasFailed) event.test.mode = 'skip';
  }
}

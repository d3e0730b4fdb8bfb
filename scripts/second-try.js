// In CI, where a machine may stall for a moment, a failed test runs a second time. `.ci/run` lists the tests that passed only
// the second time, and fails if there are more than five.
import { jest } from '@jest/globals';

if (process.env.CI === 'true') jest.retryTimes(1, { logErrorsBeforeRetry: true, retryImmediately: true });

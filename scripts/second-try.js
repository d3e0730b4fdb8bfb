// In CI, where a machine may stall for a moment, a test that fails has a second try. `.ci/run` lists the tests that needed
// it, and fails when there are more than three.
import { jest } from '@jest/globals';

if (process.env.CI === 'true') jest.retryTimes(1, { logErrorsBeforeRetry: true });

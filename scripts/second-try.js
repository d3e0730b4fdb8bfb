// In CI, where a machine may stand still for a moment, a test that fails has a second try; `.ci/run` names those that
// needed it.
import { jest } from '@jest/globals';

if (process.env.CI === 'true') jest.retryTimes(1, { logErrorsBeforeRetry: true });

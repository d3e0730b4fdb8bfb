/**
 * Returns the factor by which tests multiply their time limits, at least 1. `scripts/test-environment.js` derives it from
 * the load of the machine when the tests start; elsewhere it is 1.
 */
export const timeFactor = (): number => Number(process.env.TEST_TIME_FACTOR ?? 1);

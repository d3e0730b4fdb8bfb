/**
 * Returns how many times longer than on an idle machine a test may take now, from 1 up: waits within a test multiply their
 * limits by it. The tests' environment (scripts/test-environment.js) measures it from the load; elsewhere it is 1.
 */
export const timeFactor = (): number => Number(process.env.TEST_TIME_FACTOR ?? 1);

/** Tests of `npm run test:interop`: tools of other people, which scripts/test-interop.js finds, with the gateway's documents. */
export default {
  testEnvironment: '<rootDir>/../scripts/test-environment.js',
  transform: {},
  setupFilesAfterEnv: ['<rootDir>/../scripts/second-try.js'],
  testTimeout: 300_000,
  maxWorkers: 1,
};

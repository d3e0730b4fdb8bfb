/** The configuration of `npm run test:interop`: tests of the gateway's documents with third-party tools. */
export default {
  testEnvironment: '<rootDir>/../scripts/test-environment.js',
  transform: {},
  setupFilesAfterEnv: ['<rootDir>/../scripts/second-try.js'],
  testTimeout: 300_000,
  maxWorkers: 2,
};

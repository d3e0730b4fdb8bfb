/** Tests of `npm run test:examples`: the examples against real gateways, with the programs that scripts/test-examples.js finds. */
export default {
  testEnvironment: '<rootDir>/../../scripts/test-environment.js',
  transform: {},
  setupFilesAfterEnv: ['<rootDir>/../../scripts/second-try.js'],
  testTimeout: 120_000,
  maxWorkers: 2,
};

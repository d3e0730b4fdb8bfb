/** `npm run test:examples`: the examples against real gateways, with what scripts/test-examples.js has found and installed. */
export default {
  testEnvironment: '<rootDir>/../../scripts/test-environment.js',
  transform: {},
  setupFilesAfterEnv: ['<rootDir>/../../scripts/second-try.js'],
  testTimeout: 120_000,
  maxWorkers: 2,
};

/** Tests run against the compiled packages, as they ship: `npm test` builds first. */
export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/packages'],
  testMatch: ['**/dist/test/**/*.test.js'],
  transform: {},
  testTimeout: 20_000,
  maxWorkers: 2,
};

import { existsSync } from 'node:fs';

// Dawn looks for its driver in the environment as it was when the process started: SwiftShader, where Chromium and the
// Vulkan loader are installed.
const swiftShader = '/usr/lib/chromium/vk_swiftshader_icd.json';
const loaders = ['/usr/lib/x86_64-linux-gnu/libvulkan.so.1', '/usr/lib/aarch64-linux-gnu/libvulkan.so.1'];
if (existsSync(swiftShader) && loaders.some(existsSync)) process.env.VK_ICD_FILENAMES ??= swiftShader;

/** Tests run against the compiled packages, as they ship: `npm test` builds first. */
export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/packages'],
  // Those that take minutes are run by `npm run test:soak`, those that need a Docker engine by `npm run test:compose`.
  testMatch: ['**/dist/test/**/!(*.soak|*.container).test.js'],
  transform: {},
  setupFilesAfterEnv: ['<rootDir>/scripts/second-try.js'],
  testTimeout: 20_000,
  maxWorkers: 2,
};

import { existsSync } from 'node:fs';

// Dawn reads its driver from the environment of the process's start: SwiftShader, where Chromium and the Vulkan loader are
// installed.
const swiftShader = '/usr/lib/chromium/vk_swiftshader_icd.json';
const loaders = ['/usr/lib/x86_64-linux-gnu/libvulkan.so.1', '/usr/lib/aarch64-linux-gnu/libvulkan.so.1'];
if (existsSync(swiftShader) && loaders.some(existsSync)) process.env.VK_ICD_FILENAMES ??= swiftShader;

// TensorFlow reads its log level from there too; a session logs each graph that it loads at level 0.
process.env.TF_CPP_MIN_LOG_LEVEL ??= '2';

/** Tests run against the compiled packages, as they are published: `npm test` builds first. */
export default {
  testEnvironment: './scripts/test-environment.js',
  roots: ['<rootDir>/packages'],
  // `npm run test:soak` runs tests that take minutes, `npm run test:compose` those that need a Docker engine. The trainer's
  // engines/webgpu.test.ts runs those that need WebGPU, in another process.
  testMatch: ['**/dist/test/**/!(*.soak|*.container|*.webgpu).test.js'],
  transform: {},
  setupFilesAfterEnv: ['<rootDir>/scripts/second-try.js'],
  testTimeout: 20_000,
  // One more than the cores of a small machine: many tests wait for processes. 226 s instead of 270 on two cores.
  maxWorkers: 3,
};

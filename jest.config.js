import { existsSync } from 'node:fs';

// Dawn, which implements WebGPU, loads the Vulkan driver that this variable named when the process started. SwiftShader, which
// Chromium includes, is a driver that renders in software; it needs the Vulkan loader.
const swiftShader = '/usr/lib/chromium/vk_swiftshader_icd.json';
const vulkanLoaders = [
  '/usr/lib/x86_64-linux-gnu/libvulkan.so.1',
  '/usr/lib/aarch64-linux-gnu/libvulkan.so.1',
];
if (existsSync(swiftShader) && vulkanLoaders.some(existsSync)) process.env.VK_ICD_FILENAMES ??= swiftShader;

// TensorFlow also reads its log level when the process starts. At level 0, each graph that a session loads is logged.
process.env.TF_CPP_MIN_LOG_LEVEL ??= '2';

/** Tests run against the compiled packages, as they are published: `npm test` builds first. */
export default {
  testEnvironment: './scripts/test-environment.js',
  roots: ['<rootDir>/packages'],
  // Excluded are tests that take minutes (`npm run test:soak`), that run in each browser (`npm run test:browsers`), that need a
  // Docker engine (`npm run test:compose`), that install packages (`npm run test:package`), and that need WebGPU: the trainer's
  // engines/webgpu.test.ts runs these in another process.
  testMatch: ['**/dist/test/**/!(*.soak|*.browsers|*.container|*.package|*.webgpu).test.js'],
  transform: {},
  setupFilesAfterEnv: ['<rootDir>/scripts/second-try.js'],
  testTimeout: 20_000,
  // One more than the two cores of a small machine, because many tests wait for processes: 226 s instead of 270.
  maxWorkers: 3,
};

// `npm run test:compose`: runs the tests that need a Docker engine. The program that DOCKER_ENGINE_STARTER names, by default
// ../shared/tools/docker-engine if that exists, starts the engine first. The tests are skipped when no engine is available.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const defaultStarter = fileURLToPath(new URL('../../shared/tools/docker-engine', import.meta.url));
const starter =
  process.env.DOCKER_ENGINE_STARTER || (existsSync(defaultStarter) ? defaultStarter : undefined);

/** Runs a program. @returns Whether it succeeded. */
const succeeds = (program, args, stdio = 'ignore') =>
  spawnSync(program, args, { cwd: root, stdio }).status === 0;

const engineAnswers = () => succeeds('docker', ['info']) && succeeds('docker', ['compose', 'version']);

// The starter also runs when an engine is available, because it adds what is missing, such as base images on a machine
// that cannot reach a registry.
if (starter && !succeeds(starter, [], 'inherit')) {
  console.error(`test:compose: ${starter} could not start a Docker engine`);
  process.exitCode = 1;
} else if (!engineAnswers()) {
  console.log('test:compose is skipped: no Docker engine with compose is running on this machine.');
} else {
  const node = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
  const jest = ['node_modules/jest/bin/jest.js', '--runInBand', '--testMatch', '**/*.container.test.js'];
  const passed = succeeds(process.execPath, [...node, ...jest, ...process.argv.slice(2)], 'inherit');
  process.exitCode = passed ? 0 : 1;
}

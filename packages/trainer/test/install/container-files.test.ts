import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';

const root = fileURLToPath(new URL('../../../../..', import.meta.url));
const resolve = createRequire(import.meta.url).resolve;

/** Returns the compiled files of the project that a file imports, directly or not, by their paths from the root. */
function importsOf(file: string, found = new Set<string>()): Set<string> {
  const path = relative(root, file);
  if (found.has(path)) return found;
  found.add(path);
  for (const [, specifier] of readFileSync(file, 'utf8').matchAll(/^(?:im|ex)port .*?from '([^']+)'/gms)) {
    if (specifier.startsWith('.')) importsOf(join(dirname(file), specifier), found);
    else if (specifier.startsWith('@mnist-monitor/')) importsOf(resolve(specifier), found);
  }
  return found;
}

test('the image that installs TensorFlow contains every file that the installer imports', () => {
  const dockerfile = readFileSync(join(root, 'Dockerfile'), 'utf8');
  const [, stage] = /AS tensorflow\n(.*?)\nFROM/s.exec(dockerfile) ?? [];
  const copied = [...stage.matchAll(/ \/app\/(packages\/\S+)/g)].map(([, path]) => path);
  const imported = importsOf(join(root, 'packages/trainer/dist/src/install/main.js'));
  const isCopied = (path: string): boolean =>
    copied.some((copy) => path === copy || path.startsWith(`${copy}/`));
  expect([...imported].filter((path) => !isCopied(path))).toEqual([]);
  expect(imported.size).toBeGreaterThan(5);
});

test('the images are labelled with the version of the project, and with its source', () => {
  const dockerfile = readFileSync(join(root, 'Dockerfile'), 'utf8');
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const labels = dockerfile.match(/(?<=org\.opencontainers\.image\.version=)"[^"]*"/g);
  expect(labels).toEqual(Array(4).fill(`"${version}"`));
  expect(dockerfile.match(/image\.source="\$\{SOURCE_URL\}"/g)).toHaveLength(4);
});

test('only the image with the NVIDIA libraries is labelled with their licence', () => {
  const dockerfile = readFileSync(join(root, 'Dockerfile'), 'utf8');
  const licencesOf = (stage: string): string[] => {
    const label = new RegExp(`AS ${stage}\\nLABEL org\\.opencontainers\\.image\\.licenses="([^"]*)"`).exec(
      dockerfile,
    );
    return label?.[1]?.split(' AND ') ?? [];
  };
  const cpu = licencesOf('trainer-cpu');
  expect(cpu).toContain('Apache-2.0');
  expect(licencesOf('trainer-cuda').filter((licence) => !cpu.includes(licence))).toEqual([
    'LicenseRef-NVIDIA-Proprietary',
  ]);
});

import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { memoryEnvironment } from '../../src/engines/memory.ts';

test("the trainer's image says the same of memory as npm start does", () => {
  const dockerfile = readFileSync(new URL('../../../../../Dockerfile', import.meta.url), 'utf8');
  for (const [name, value] of Object.entries(memoryEnvironment))
    expect(dockerfile).toContain(`${name}=${value}`);
});

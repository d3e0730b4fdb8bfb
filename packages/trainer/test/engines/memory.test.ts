import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { memoryEnvironment } from '../../src/engines/memory.ts';

test("the trainer's image sets the same memory options as npm start", () => {
  const dockerfile = readFileSync(new URL('../../../../../Dockerfile', import.meta.url), 'utf8');
  for (const [name, value] of Object.entries(memoryEnvironment))
    expect(dockerfile).toContain(`${name}=${value}`);
});

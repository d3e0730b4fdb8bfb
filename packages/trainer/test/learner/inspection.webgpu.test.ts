import { beforeAll, describe } from '@jest/globals';
import type { Engine } from '../../src/engines/engine.ts';
import { webgpuEngines } from '../support/engines.ts';
import { testInspection } from './inspection-suite.ts';

describe.each(webgpuEngines)('the engine %s', (name, start) => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await start();
  });
  testInspection(name, (options) => engine.createLearner(options));
});

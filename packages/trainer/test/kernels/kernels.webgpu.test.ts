import { webgpuEngines } from '../support/engines.ts';
import { testKernels } from './kernels-suite.ts';

testKernels(webgpuEngines);

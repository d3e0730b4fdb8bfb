import { engines } from '../support/engines.ts';
import { testKernels } from './kernels-suite.ts';

testKernels(engines);

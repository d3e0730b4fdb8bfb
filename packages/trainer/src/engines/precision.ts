import { readFileSync } from 'node:fs';
import type { Precision, PrecisionChoice } from '@mnist-monitor/shared';

/** The precision in which a run trains, and why it was selected. */
export interface SelectedPrecision {
  precision: Precision;
  /** Name of the implementation of the operations in this precision, for `run.started`. */
  kernels: string;
  /** Why this precision was selected, or why its fastest implementation is not used; undefined when there is nothing to explain. */
  reason?: string;
  /** Whether the user chose bfloat16 and it does not work on this machine. */
  isFallback: boolean;
}

/** Returns the `selectPrecision` of engines that compute in float32 only. */
export const float32Only =
  (engine: string, kernels: string) =>
  async (choice: PrecisionChoice): Promise<SelectedPrecision> => ({
    precision: 'float32',
    kernels,
    ...(choice !== 'float32' && { reason: `the engine ${engine} has no bfloat16` }),
    isFallback: choice === 'bfloat16',
  });

/** Returns whether the processor has instructions for bfloat16, as Linux reports it: AMX, or AVX-512 BF16. */
export function hasBfloat16(readCpuInfo = () => readFileSync('/proc/cpuinfo', 'utf8')): boolean {
  try {
    return /^flags\s*:.*\b(amx_bf16|avx512_bf16)\b/m.test(readCpuInfo());
  } catch {
    return false;
  }
}

// A process that fills its heap with garbage, and then allocates a little at a time. With the argument `trim`, a `HeapTrimmer` runs.
// The process exits with 0 once V8 has returned most of the garbage to the system.
import { limits } from '../../src/limits.ts';
import { HeapTrimmer, v8HeapSize } from '../../src/memory.ts';

const startBytes = v8HeapSize().total;
if (process.argv[2] === 'trim') new HeapTrimmer({ limits: { ...limits, heapCheckMs: 10 }, cpuMs: () => 0 });

let kept: unknown[] = [];
while (v8HeapSize().total < startBytes + 64 * 1024 * 1024) kept.push({ list: [kept.length] });
kept = [];
const grownBytes = v8HeapSize().total - startBytes;

// Only in a process that allocates less than 1 MB/s does V8 return memory by itself.
setInterval(() => {
  kept = Array.from({ length: 2_000 }, (_, index) => ({ list: [index] }));
  if (v8HeapSize().total - startBytes < grownBytes / 4) process.exit(0);
}, 10);

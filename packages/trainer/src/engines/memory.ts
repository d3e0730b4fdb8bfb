const mebibyte = 2 ** 20;

/**
 * Environment variables for a process that trains with TensorFlow. They make glibc allocate tensors on large pages and keep
 * freed memory for the next step. glibc reads them only when a process starts; other C libraries ignore them.
 */
export const memoryEnvironment = {
  GLIBC_TUNABLES: [
    'glibc.malloc.hugetlb=1',
    `glibc.malloc.mmap_threshold=${32 * mebibyte}`, // The largest value that glibc accepts.
    `glibc.malloc.trim_threshold=${1_024 * mebibyte}`,
  ].join(':'),
};

const mebibyte = 2 ** 20;

/**
 * What should stand in the environment of a process in which TensorFlow trains, from its start on: glibc lays tensors on
 * large pages, and keeps freed memory for the next step. Other C libraries do not read it.
 */
export const memoryEnvironment = {
  GLIBC_TUNABLES: [
    'glibc.malloc.hugetlb=1',
    `glibc.malloc.mmap_threshold=${32 * mebibyte}`, // The most that glibc takes.
    `glibc.malloc.trim_threshold=${1_024 * mebibyte}`,
  ].join(':'),
};

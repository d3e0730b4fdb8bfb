const mebibyte = 2 ** 20;

/**
 * Environment for a process that trains with TensorFlow; glibc reads it when the process starts. It makes glibc allocate
 * tensors on large pages and keep freed memory for the next step. Other C libraries ignore it.
 */
export const memoryEnvironment = {
  GLIBC_TUNABLES: [
    'glibc.malloc.hugetlb=1',
    `glibc.malloc.mmap_threshold=${32 * mebibyte}`, // The largest value that glibc accepts.
    `glibc.malloc.trim_threshold=${1_024 * mebibyte}`,
  ].join(':'),
};

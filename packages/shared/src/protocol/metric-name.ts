/** Matches the names of a publisher's custom metrics, such as `gradNorm` or `eval/f1`. */
export const metricNamePattern = /^[A-Za-z0-9_./-]{1,64}$/;

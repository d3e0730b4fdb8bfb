/** Set by scripts/test-examples.js: what there is on this machine to run the examples with; undefined for what is missing. */
const given = (name) => process.env[name] || undefined;

/** A Python with the packages of requirements.txt. */
export const python = given('EXAMPLES_PYTHON');
/** A Python that has PyTorch too. */
export const pytorch = given('EXAMPLES_PYTORCH');
/** The compiled Go example. */
export const go = given('EXAMPLES_GO');

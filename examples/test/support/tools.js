/** Returns a program that scripts/test-examples.js has found on this machine, or undefined. */
const given = (name) => process.env[name] || undefined;

/** A Python with the packages of requirements.txt. */
export const python = given('EXAMPLES_PYTHON');
/** A Python that has PyTorch too. */
export const pytorch = given('EXAMPLES_PYTORCH');
/** The compiled Go example. */
export const go = given('EXAMPLES_GO');

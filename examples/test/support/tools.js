/** Returns a program that scripts/test-examples.js has found on this machine, or undefined. */
const foundProgram = (name) => process.env[name] || undefined;

/** A Python with the packages of requirements.txt. */
export const python = foundProgram('EXAMPLES_PYTHON');
/** A Python with PyTorch, which may lack other packages of requirements.txt. */
export const pytorch = foundProgram('EXAMPLES_PYTORCH');
/** The compiled Go example. */
export const go = foundProgram('EXAMPLES_GO');

import { memoryEnvironment } from '../packages/trainer/dist/src/engines/memory.js';

/** The environment that `npm start` gives the trainer. */
export const trainerEnvironment = { ...memoryEnvironment, ...process.env };

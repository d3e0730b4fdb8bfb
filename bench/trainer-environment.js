import { memoryEnvironment } from '../packages/trainer/dist/src/engines/memory.js';

/** The environment of this process with the memory settings that `npm start` gives the trainer. */
export const trainerEnvironment = { ...memoryEnvironment, ...process.env };

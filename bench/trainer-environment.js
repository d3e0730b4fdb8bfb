import { memoryEnvironment } from '../packages/trainer/dist/src/engines/memory.js';

/** As `npm start` has it for the trainer. */
export const trainerEnvironment = { ...memoryEnvironment, ...process.env };

import { z } from 'zod';

/** A number as the text of a flag or an address. Number() reads an empty text as 0: no value is not zero. */
export const numericString = z.string().regex(/\S/, 'expected a number, got nothing').transform(Number);

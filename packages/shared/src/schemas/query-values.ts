import { z } from 'zod';
import { eventTypeSchema } from './events.ts';

/** A number as the text of a flag or a query. `Number('')` is 0, so an empty text is rejected before. */
export const numericString = z.string().regex(/\S/, 'expected a number, got nothing').transform(Number);

/** Types of events as the text of a query, separated by commas. */
export const eventTypeListSchema = z
  .string()
  .transform((text) => text.split(','))
  .pipe(z.array(eventTypeSchema).min(1));

import { z } from 'zod';
import { type ErrorCode, errorCodes } from '../protocol/errors.ts';

/** Why an HTTP request was not answered as asked, as RFC 9457 has it. */
export const problemDetailsSchema = z
  .object({
    title: z.string().describe('The name of the status.'),
    status: z.int(),
    code: z.enum(Object.keys(errorCodes) as [ErrorCode, ...ErrorCode[]]).describe('Stable: for programs.'),
    detail: z.string().describe('For people: what was expected, what came, what to do.'),
    since: z.iso.datetime().optional().describe('Of `/readyz`: since when the store has failed.'),
  })
  .describe('Why a request was not answered as asked (RFC 9457).');

export type ProblemDetails = z.infer<typeof problemDetailsSchema>;

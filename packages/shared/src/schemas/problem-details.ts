import { z } from 'zod';
import { type ErrorCode, errorCodes } from '../protocol/errors.ts';

/** Body of an HTTP response that reports an error (RFC 9457). */
export const problemDetailsSchema = z
  .object({
    title: z.string().describe('Name of the status.'),
    status: z.int(),
    code: z
      .enum(Object.keys(errorCodes) as [ErrorCode, ...ErrorCode[]])
      .describe('Stable code for programs.'),
    detail: z.string().describe('Text for people: what was expected, what was found, what to do.'),
    since: z.iso
      .datetime()
      .optional()
      .describe('Start of the failure of the store, in answers of `/readyz`.'),
  })
  .describe('An error response (RFC 9457).');

export type ProblemDetails = z.infer<typeof problemDetailsSchema>;

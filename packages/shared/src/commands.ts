import { z } from 'zod';

/** Whether a viewer may command: without more ado, with the command token, or not at all. */
export const commandAccess = z.enum(['open', 'token', 'off']);

export type CommandAccess = z.infer<typeof commandAccess>;

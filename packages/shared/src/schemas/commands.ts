import { z } from 'zod';
import { type CommandName, commandNames } from '../protocol/constants.ts';
import { runIdSchema } from './events.ts';
import { learningRateSchema, runSettingsSchema } from './settings.ts';

/** Whether a viewer may command: without more ado, with the command token, or not at all. */
export const commandAccessSchema = z.enum(['open', 'token', 'off']);

const id = z
  .string()
  .min(8)
  .max(64)
  .describe(
    'Chosen by the client. The same id again is the same command: answered the same and done once, also over another connection.',
  );

const nothing = z.object({}).default({});

/** Every command, by its name, with the schema of its `data`. */
export const commandDataSchemas = {
  pause: nothing,
  resume: nothing,
  stop: nothing.describe('Ends the run for good, after the step it is in.'),
  start: runSettingsSchema.default({}).describe('Begins a new run, by a trainer that waits.'),
  setLearningRate: z
    .object({ learningRate: learningRateSchema })
    .describe('From the next step on; with a schedule it is the peak that is set.'),
} as const satisfies Record<CommandName, z.ZodType>;

const of = <N extends CommandName>(name: N) =>
  z.object({
    type: z.literal('command'),
    id,
    command: z.literal(name),
    data: commandDataSchemas[name],
    runId: runIdSchema.optional().describe('Which run; the one that this viewer follows when left out.'),
    token: z
      .string()
      .max(500)
      .optional()
      .describe('Asked for when `hello` says `"commands":"token"`; not passed on.'),
  });

export const commandSchema = z
  .discriminatedUnion('command', [of('pause'), of('resume'), of('stop'), of('start'), of('setLearningRate')])
  .describe('A command: from a viewer to the gateway, and from there to a trainer.');

export const commandNameSchema = z.enum(commandNames);

export const commandResultSchema = z
  .discriminatedUnion('ok', [
    z.object({
      type: z.literal('commandResult'),
      id,
      ok: z.literal(true),
      runId: runIdSchema.optional().describe('Of `start`: the new run.'),
    }),
    z.object({
      type: z.literal('commandResult'),
      id,
      ok: z.literal(false),
      code: z.string().max(64).describe('From the table of errors.'),
      message: z.string().max(2_000).describe('For people: what was expected, what came, what to do.'),
    }),
  ])
  .describe('The answer to a command: from a trainer to the gateway, and from there to the viewer.');

export type CommandAccess = z.infer<typeof commandAccessSchema>;
export type CommandData<N extends CommandName> = z.input<(typeof commandDataSchemas)[N]>;
export type Command = z.infer<typeof commandSchema>;
export type CommandResult = z.infer<typeof commandResultSchema>;

import { emptyQuerySchema, querySchema } from '@mnist-monitor/shared';
import { z } from 'zod';
import { csvHeader, csvRow } from '../../series/csv.ts';
import { parseEvent, readPages } from '../../store/pages.ts';
import type { Store, StoredEvent } from '../../store/store.ts';
import type { App } from '../app.ts';
import { bodyOf, isUnchanged, runNotFound, runTag } from '../replies.ts';
import { responses, runErrors, runParams } from '../route-schema.ts';

interface Format {
  extension: string;
  operationId: string;
  summary: string;
  type: string;
  /** The first line of the file, with its line end. */
  header?: string;
  line(event: StoredEvent): string;
  query: z.ZodObject;
}

const formats: readonly Format[] = [
  {
    extension: 'jsonl',
    operationId: 'exportJsonLines',
    summary: 'Every event that the run has now, one per line, as it is stored.',
    type: 'application/jsonl',
    query: emptyQuerySchema,
    line: ({ json }) => `${json}\n`,
  },
  {
    extension: 'csv',
    operationId: 'exportCsv',
    summary: 'Every event that the run has now, as a table.',
    type: 'text/csv',
    header: csvHeader,
    query: querySchema({
      bom: z
        .stringbool()
        .default(false)
        .describe('Whether to begin with a byte order mark, by which spreadsheets recognize UTF-8.'),
    }),
    line: (event) => csvRow(parseEvent(event)),
  },
];

/** Adds the routes that export a run as a file, streamed as fast as the client reads. */
export function addExportRoutes(app: App, store: Store): void {
  for (const { extension, operationId, summary, type, header, line, query } of formats) {
    const schema = {
      operationId,
      summary,
      params: runParams,
      querystring: query,
      response: responses({ ok: type, errors: runErrors, hasTag: true }),
    };
    app.get(`/api/runs/:runId/export.${extension}`, { schema }, async (request, reply) => {
      const { runId } = request.params;
      const run = await store.summary(runId);
      if (!run) throw runNotFound(runId);
      if (isUnchanged(request, reply, runTag(run))) return reply.code(304).send();

      async function* lines(lastSeq: number): AsyncGenerator<string> {
        if ((request.query as { bom?: boolean }).bom) yield '\ufeff';
        if (header) yield header;
        for await (const { events } of readPages(store, { runId, to: lastSeq }))
          yield events.map(line).join('');
      }
      // Begins to read before the headers are set, so that missing events are answered with a problem, not an empty file.
      const body = await bodyOf(reply, lines(run.lastSeq));
      return reply
        .type(`${type}; charset=utf-8`)
        .header('content-disposition', `attachment; filename="${runId}.${extension}"`)
        .send(body);
    });
  }
}

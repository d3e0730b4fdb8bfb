import { Readable } from 'node:stream';
import { runIdSchema } from '@mnist-monitor/shared';
import type { FastifyInstance } from 'fastify';
import type { Limits } from '../../limits.ts';
import { csvHeader, csvRow } from '../../series/csv.ts';
import { parseEvent, readPages } from '../../store/pages.ts';
import type { Store, StoredEvent } from '../../store/store.ts';
import { cutWhenUnread, isUnchanged, noSuchRun, type RunRequest, read, tagOf } from './answers.ts';

interface Format {
  type: string;
  header: string;
  line(event: StoredEvent): string;
}

const formats: Record<string, Format> = {
  jsonl: { type: 'application/jsonl; charset=utf-8', header: '', line: ({ json }) => `${json}\n` },
  csv: { type: 'text/csv; charset=utf-8', header: csvHeader, line: (event) => csvRow(parseEvent(event)) },
};

/** `/api/runs/:runId/export.jsonl` and `.csv`: every event that the run has now, as fast as it is read. */
export function addExportRoutes(
  app: FastifyInstance,
  { store, limits }: { store: Store; limits: Pick<Limits, 'stallTimeoutMs'> },
): void {
  for (const [ending, { type, header, line }] of Object.entries(formats)) {
    app.get<RunRequest>(`/api/runs/:runId/export.${ending}`, async (request, reply) => {
      const id = read(runIdSchema, request.params.runId);
      const run = await store.summary(id);
      if (!run) throw noSuchRun(id);
      if (isUnchanged(request, reply, tagOf(run))) return reply.code(304).send();

      async function* lines(): AsyncGenerator<string> {
        if (header) yield header;
        for await (const page of readPages(store, { runId: id, to: run!.lastSeq }))
          yield page.map(line).join('');
      }
      cutWhenUnread(reply, limits.stallTimeoutMs);
      return reply
        .type(type)
        .header('content-disposition', `attachment; filename="${id}.${ending}"`)
        .send(Readable.from(lines(), { objectMode: false }));
    });
  }
}

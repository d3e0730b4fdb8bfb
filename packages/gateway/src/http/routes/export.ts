import { booleanTextSchema, eventLimits, parseWithNonFinite, querySchema } from '@mnist-monitor/shared';
import { z } from 'zod';
import { csvTable, maxMetricColumns } from '../../series/csv.ts';
import { metricTypes } from '../../series/fields.ts';
import { maxSummaryMetricNames, metricNamesOf } from '../../store/metric-names.ts';
import { parseEvent, readPages } from '../../store/pages.ts';
import type { Store, StoredEvent, StoredSummary } from '../../store/store.ts';
import type { App } from '../app.ts';
import { asFile, bodyOf, disconnectSignal, isUnchanged, runNotFound, runTag } from '../replies.ts';
import { responses, runErrors, runParams } from '../route-schema.ts';

/** Turns a stored event into the text of a file. */
type Writer = (event: StoredEvent) => string;

/** The run to export. */
interface ExportSource {
  store: Store;
  run: StoredSummary;
  /** Aborted when the client disconnects. */
  signal: AbortSignal;
}

interface Format {
  extension: string;
  operationId: string;
  summary: string;
  type: string;
  query: z.ZodObject;
  /** Resolves with the beginning of the file and the function that writes each event. */
  open(source: ExportSource, query: Record<string, unknown>): Promise<{ head: string; write: Writer }>;
}

const formats: readonly Format[] = [
  {
    extension: 'jsonl',
    operationId: 'exportJsonLines',
    summary: 'Every event that the run has now, one per line, as it is stored.',
    type: 'application/jsonl',
    query: querySchema({
      nonfinite: z
        .enum(['text', 'null'])
        .default('text')
        .describe(
          'How measures that are not finite are written: as `"NaN"`, `"Infinity"` and `"-Infinity"`, or as null, for tools that read a whole column as text when one value is text.',
        ),
    }),
    open: async (_source, { nonfinite }) => ({
      head: '',
      write: ({ json }) => `${nonfinite === 'null' ? withoutNonFinite(json) : json}\n`,
    }),
  },
  {
    extension: 'csv',
    operationId: 'exportCsv',
    summary: 'Every event that the run has now, as a table.',
    type: 'text/csv',
    query: querySchema({
      bom: booleanTextSchema
        .default(false)
        .describe('Whether to begin with a byte order mark, by which spreadsheets recognize UTF-8.'),
    }),
    open: async (source, { bom }) => {
      const { header, row } = csvTable({
        metricNames: await readMetricNames(source),
        gpus: await readGpuCount(source),
      });
      return {
        head: (bom ? '\ufeff' : '') + header,
        write: (event) => row(parseEvent(event)),
      };
    },
  },
];

/** Writes the measures of an event that are not finite as null. */
function withoutNonFinite(json: string): string {
  const parsed = parseWithNonFinite(json);
  // JSON.stringify writes NaN and the infinities as null.
  return parsed.ok && /"(?:NaN|-?Infinity)"/.test(json) ? JSON.stringify(parsed.value) : json;
}

/** Resolves with the names of a run's custom metrics, in the order in which they first occur, at most `maxMetricColumns`. */
async function readMetricNames({ store, run, signal }: ExportSource): Promise<readonly string[]> {
  const { runId, lastSeq, metricNames } = run;
  // A list of `maxSummaryMetricNames` may lack names, and older gateways have stored runs without a list.
  if (metricNames && metricNames.length < maxSummaryMetricNames) return metricNames;
  const names = new Set<string>();
  for await (const { events } of readPages(store, { runId, to: lastSeq, types: [...metricTypes], signal }))
    for (const event of events) {
      // Most events have no metrics, and need not be parsed.
      if (!event.json.includes('"metrics"')) continue;
      for (const name of metricNamesOf([{ event: parseEvent(event) }]))
        if (names.size < maxMetricColumns) names.add(name);
    }
  return [...names];
}

/**
 * Resolves with the largest number of GPUs in the list of a `system` event. A run that fits version 1 may have this list as
 * well, as a field that version 1 does not know, and therefore as any value.
 */
async function readGpuCount({ store, run, signal }: ExportSource): Promise<number> {
  const { runId, lastSeq } = run;
  let count = 0;
  for await (const { events } of readPages(store, { runId, to: lastSeq, types: ['system'], signal }))
    for (const event of events) {
      // Most runs have one GPU at most, and their events need not be parsed.
      if (!event.json.includes('"gpus"')) continue;
      const { data } = parseEvent(event);
      if ('gpus' in data && Array.isArray(data.gpus)) count = Math.max(count, data.gpus.length);
    }
  return Math.min(count, eventLimits.gpus);
}

/** Adds the routes that export a run as a file, streamed as fast as the client reads. */
export function addExportRoutes(app: App, store: Store): void {
  for (const { extension, operationId, summary, type, query, open } of formats) {
    const schema = {
      operationId,
      summary,
      params: runParams,
      querystring: query,
      response: responses({ ok: type, errors: runErrors, hasEtag: true }),
    };
    app.get(`/api/runs/:runId/export.${extension}`, { schema }, async (request, reply) => {
      const { runId } = request.params;
      const run = await store.summary(runId);
      if (!run) throw runNotFound(runId);
      if (isUnchanged(request, reply, runTag(run))) return reply.code(304).send();

      const signal = disconnectSignal(reply);
      async function* lines(lastSeq: number): AsyncGenerator<string> {
        const { head, write } = await open(
          { store, run: run!, signal },
          request.query as Record<string, unknown>,
        );
        if (head) yield head;
        for await (const { events } of readPages(store, { runId, to: lastSeq, signal }))
          yield events.map(write).join('');
      }
      // Begins to read before the headers are set, so that missing events are answered with a problem, not an empty file.
      const body = await bodyOf(reply, lines(run.lastSeq));
      return asFile(reply, `${runId}.${extension}`).type(`${type}; charset=utf-8`).send(body);
    });
  }
}

import {
  runSeriesSchema,
  type SeriesField,
  type SeriesQuery,
  seriesQuerySchema,
} from '@mnist-monitor/shared';
import { axisReader, eventTypesOf, fieldReader } from '../../series/fields.ts';
import { MinMaxDownsampler } from '../../series/min-max-downsampler.ts';
import { SupersededPoints } from '../../series/superseded-points.ts';
import { DamagedRunError } from '../../store/damaged-run.ts';
import { parseEvent, readPages } from '../../store/pages.ts';
import type { Store, StoredSummary } from '../../store/store.ts';
import { TimeSlicer } from '../../time-slicer.ts';
import type { App } from '../app.ts';
import { disconnectSignal, isUnchanged, runNotFound, runTag, sendJsonPieces } from '../replies.ts';
import { responses, runErrors, runParams } from '../route-schema.ts';

const readSeriesSchema = {
  operationId: 'readSeries',
  summary: 'Curves of a run, downsampled to what a chart can show without losing a spike.',
  params: runParams,
  querystring: seriesQuerySchema,
  response: responses({ ok: runSeriesSchema, errors: runErrors, hasEtag: true }),
};

/** Adds the route that reads curves of a run. */
export function addSeriesRoute(app: App, store: Store): void {
  app.get('/api/runs/:runId/series', { schema: readSeriesSchema }, async (request, reply) => {
    const {
      params: { runId },
      query,
    } = request;
    const run = await store.summary(runId);
    if (!run) throw runNotFound(runId);
    if (isUnchanged(request, reply, runTag(run))) return reply.code(304).send();
    const signal = disconnectSignal(reply);
    const series = await readSeries(store, run, query, signal);
    if (signal.aborted) return reply.hijack(); // Nobody is there to reply to.
    async function* pieces(): AsyncGenerator<string> {
      const slicer = new TimeSlicer();
      const head = JSON.stringify({ runId, lastSeq: run?.lastSeq, x: query.x });
      let separator = `${head.slice(0, -1)},"series":[`;
      for (const [field, points] of series) {
        yield separator + toJson(field, points);
        separator = ',';
        await slicer.yieldIfDue();
      }
      yield ']}';
    }
    return sendJsonPieces(reply, pieces());
  });
}

/**
 * Reads the requested fields of a run's events, each downsampled to at most `points` points. The curves are incomplete when the
 * signal was aborted.
 */
async function readSeries(
  store: Store,
  run: StoredSummary,
  { fields, points, x: axis, from, to }: SeriesQuery,
  signal: AbortSignal,
): Promise<Map<SeriesField, MinMaxDownsampler>> {
  const span = { from: from ?? 0, to: to ?? axisEnd(run, axis) };
  const curves = fields.map((field) => ({
    ...{ field, types: eventTypesOf(field), valueOf: fieldReader(field) },
    superseded: new SupersededPoints(),
    points: new MinMaxDownsampler(span, points),
  }));
  type AddPoint = (curve: (typeof curves)[number], x: number, y: number) => void;
  const types = new Set(curves.flatMap((curve) => curve.types));
  // Events without a step of their own get the step of the batch before them, or of the epoch in a run without batches.
  if (axis === 'step') types.add(run.batch ? 'batch' : 'epoch');

  const readAll = async (addPoint: AddPoint): Promise<void> => {
    /** The data of the last event read of each type, to compare with the run's summary. */
    const last: Partial<Record<string, object>> = {};
    const xOf = axisReader(axis, run.startedAt);
    const pages = readPages(store, { runId: run.runId, to: run.lastSeq, types: [...types], signal });
    for await (const { events } of pages) {
      for (const stored of events) {
        const event = parseEvent(stored);
        last[event.type] = event.data;
        const x = xOf(event);
        if (x < span.from || (to !== undefined && x > to)) continue;
        for (const curve of curves) {
          const y = curve.types.includes(event.type) ? curve.valueOf(event.data) : undefined;
          if (y !== undefined) addPoint(curve, x, y);
        }
      }
    }
    if (!signal.aborted) ensureLastRead(run, types, last);
  };
  await readAll(({ superseded, points }, x, y) => {
    superseded.add(x);
    points.add(x, y);
  });
  // Points that a resumed run has repeated are known only after reading all events. The few runs with such points are read
  // a second time.
  if (!signal.aborted && curves.some(({ superseded }) => superseded.hasRewinds)) {
    for (const curve of curves) curve.points = new MinMaxDownsampler(span, points);
    await readAll(({ superseded, points }, x, y) => {
      if (!superseded.isNextSuperseded(x)) points.add(x, y);
    });
  }
  return new Map(curves.map(({ field, points }) => [field, points]));
}

/**
 * Compares the last events that were read with those of the summary. Seqs cannot show that events are missing, since only
 * some types are read.
 * @throws DamagedRunError when they differ.
 */
function ensureLastRead(
  { runId, batch, epoch }: StoredSummary,
  types: ReadonlySet<string>,
  last: { batch?: { step?: number }; epoch?: { step?: number } },
): void {
  const isBatchMissing = types.has('batch') && batch !== null && last.batch?.step !== batch.step;
  const isEpochMissing = types.has('epoch') && epoch !== null && last.epoch?.step !== epoch.step;
  if (isBatchMissing || isEpochMissing) throw new DamagedRunError(runId, 'events are missing from the store');
}

/**
 * Returns where a run ends on an axis, from its summary. For steps, that is its last batch or epoch; a run without either counts
 * as having a step for each event.
 */
function axisEnd(run: StoredSummary, axis: SeriesQuery['x']): number {
  switch (axis) {
    case 'seq':
      return run.lastSeq;
    case 'step':
      return Math.max(run.batch?.step ?? 0, run.epoch?.step ?? run.epoch?.epoch ?? 0) || run.lastSeq;
    case 'seconds':
      return (Date.parse(run.lastEventAt) - Date.parse(run.startedAt)) / 1_000;
  }
}

function toJson(field: SeriesField, downsampler: MinMaxDownsampler): string {
  const points = downsampler.points();
  const y = points.map((point) => (Number.isFinite(point.y) ? point.y : String(point.y)));
  return JSON.stringify({ field, x: points.map(({ x }) => x), y });
}

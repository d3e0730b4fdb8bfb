import {
  runSeriesSchema,
  type SeriesField,
  type SeriesQuery,
  seriesQuerySchema,
} from '@mnist-monitor/shared';
import { axisReader, eventTypeOf, fieldReader } from '../../series/fields.ts';
import { MinMaxDownsampler } from '../../series/min-max-downsampler.ts';
import { SupersededPoints } from '../../series/superseded-points.ts';
import { parseEvent, readPages } from '../../store/pages.ts';
import type { Store, StoredSummary } from '../../store/store.ts';
import { TimeSlicer } from '../../time-slicer.ts';
import type { App } from '../app.ts';
import { isUnchanged, runNotFound, runTag, sendJson } from '../replies.ts';
import { responses, runErrors, runParams } from '../route-schema.ts';

const readSeriesSchema = {
  operationId: 'readSeries',
  summary: 'Curves of a run, downsampled to what a chart can show without losing a spike.',
  params: runParams,
  querystring: seriesQuerySchema,
  response: responses({ ok: runSeriesSchema, errors: runErrors, hasTag: true }),
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
    const series: string[] = [];
    const slices = new TimeSlicer();
    for (const [field, points] of await readSeries(store, run, query)) {
      series.push(toJson(field, points));
      await slices.yieldIfDue();
    }
    const head = JSON.stringify({ runId, lastSeq: run.lastSeq, x: query.x });
    return sendJson(reply, `${head.slice(0, -1)},"series":[${series.join(',')}]}`);
  });
}

async function readSeries(
  store: Store,
  run: StoredSummary,
  { fields, points, x: axis, from, to }: SeriesQuery,
): Promise<Map<SeriesField, MinMaxDownsampler>> {
  const span = { from: from ?? 0, to: to ?? end(run, axis) };
  const curves = fields.map((field) => ({
    ...{ field, type: eventTypeOf(field), value: fieldReader(field) },
    repeats: new SupersededPoints(),
    points: new MinMaxDownsampler(span, points),
  }));
  type Take = (curve: (typeof curves)[number], x: number, y: number) => void;
  const types = new Set(curves.map(({ type }) => type));
  // Where the run was is told by its batches.
  if (axis === 'step') types.add('batch');

  const readAll = async (take: Take): Promise<void> => {
    const place = axisReader(axis, run.startedAt);
    for await (const page of readPages(store, { runId: run.runId, to: run.lastSeq, types: [...types] })) {
      for (const event of page.map(parseEvent)) {
        const x = place(event);
        if (x < span.from || (to !== undefined && x > to)) continue;
        for (const curve of curves) {
          const y = curve.type === event.type ? curve.value(event.data) : undefined;
          if (y !== undefined) take(curve, x, y);
        }
      }
    }
  };
  await readAll(({ repeats, points }, x, y) => {
    repeats.add(x);
    points.add(x, y);
  });
  // Which points are repeated later is known at the end alone, so the few runs that went back are read once more.
  if (curves.some(({ repeats }) => repeats.any)) {
    for (const curve of curves) curve.points = new MinMaxDownsampler(span, points);
    await readAll(({ repeats, points }, x, y) => {
      if (!repeats.isSuperseded(x)) points.add(x, y);
    });
  }
  return new Map(curves.map(({ field, points }) => [field, points]));
}

/** Where a run has got to. */
function end(run: StoredSummary, axis: SeriesQuery['x']): number {
  switch (axis) {
    case 'seq':
      return run.lastSeq;
    case 'step':
      return run.batch?.step ?? 0;
    case 'seconds':
      return (Date.parse(run.lastEventAt) - Date.parse(run.startedAt)) / 1_000;
  }
}

function toJson(field: SeriesField, thinned: MinMaxDownsampler): string {
  const points = thinned.points();
  const y = points.map((point) => (Number.isFinite(point.y) ? point.y : String(point.y)));
  return JSON.stringify({ field, x: points.map(({ x }) => x), y });
}

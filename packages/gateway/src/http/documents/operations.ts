import {
  type ErrorCode,
  errorCodes,
  eventPageQuerySchema,
  eventPageSchema,
  runChangesSchema,
  runDeletionSchema,
  runListSchema,
  runSeriesSchema,
  runSummarySchema,
  seriesQuerySchema,
} from '@mnist-monitor/shared';
import { z } from 'zod';

/** What there is at an address of the public port. */
export interface Operation {
  id: string;
  method: 'get' | 'patch' | 'delete';
  path: string;
  summary: string;
  query?: z.ZodObject;
  body?: z.ZodType;
  /** What a 200 carries: a schema's JSON, or another type of content. */
  answer: { schema: z.ZodType } | { type: string };
  /** Whether the answer has an ETag, and a 304 says that it has not changed. */
  tagged?: boolean;
  /** Whether it is for those who may command. */
  changes?: boolean;
  /** Besides those that any request may meet. */
  problems: ErrorCode[];
}

const store = (Object.keys(errorCodes) as ErrorCode[]).filter((code) => code.startsWith('store.'));
const ofRun: ErrorCode[] = ['request.invalid', 'run.not_found', ...store];
const ofChange: ErrorCode[] = [...ofRun, 'command.unauthorized', 'command.off'];

/** Every route of the public port but `/live`, which the AsyncAPI document has, and the files of the page. */
export const operations: Operation[] = [
  {
    id: 'listRuns',
    method: 'get',
    path: '/api/runs',
    summary: 'The newest runs, 500 at most, newest first.',
    answer: { schema: runListSchema },
    problems: store,
  },
  {
    id: 'getRun',
    method: 'get',
    path: '/api/runs/{runId}',
    summary: 'One run at a glance.',
    answer: { schema: runSummarySchema },
    problems: ofRun,
  },
  {
    id: 'changeRun',
    method: 'patch',
    path: '/api/runs/{runId}',
    summary: 'Changes what is said about a run; what is left out stays. Answers with the summary.',
    body: runChangesSchema,
    answer: { schema: runSummarySchema },
    changes: true,
    problems: ofChange,
  },
  {
    id: 'removeRun',
    method: 'delete',
    path: '/api/runs/{runId}',
    summary: 'Removes a run that is over: its events, and its folder beside the database where there is one.',
    answer: { schema: runDeletionSchema },
    changes: true,
    problems: [...ofChange, 'run.busy'],
  },
  {
    id: 'readEvents',
    method: 'get',
    path: '/api/runs/{runId}/events',
    summary:
      'Events in order. A page may be shorter than asked, even empty, and have more after it: go on with `after=nextAfter` until that is null.',
    query: eventPageQuerySchema,
    answer: { schema: eventPageSchema },
    problems: ofRun,
  },
  {
    id: 'readSeries',
    method: 'get',
    path: '/api/runs/{runId}/series',
    summary: 'Curves, thinned to what a chart can show so that every spike is seen.',
    query: seriesQuerySchema,
    answer: { schema: runSeriesSchema },
    tagged: true,
    problems: ofRun,
  },
  {
    id: 'exportCsv',
    method: 'get',
    path: '/api/runs/{runId}/export.csv',
    summary: 'Every event that the run has now, as a table.',
    answer: { type: 'text/csv' },
    tagged: true,
    problems: ofRun,
  },
  {
    id: 'exportJsonLines',
    method: 'get',
    path: '/api/runs/{runId}/export.jsonl',
    summary: 'Every event that the run has now, one a line, as it is kept.',
    answer: { type: 'application/jsonl' },
    tagged: true,
    problems: ofRun,
  },
  {
    id: 'readModel',
    method: 'get',
    path: '/api/runs/{runId}/model/{file}',
    summary:
      'The saved model: `model.json` and `weights.bin` (a tfjs LayersModel), `mnist_cnn.safetensors` (PyTorch).',
    answer: { type: 'application/octet-stream' },
    tagged: true,
    problems: ['request.invalid', 'request.not_found'],
  },
  {
    id: 'isAlive',
    method: 'get',
    path: '/healthz',
    summary: 'The process answers.',
    answer: { schema: z.object({ status: z.literal('ok'), version: z.string() }) },
    problems: [],
  },
  {
    id: 'isReady',
    method: 'get',
    path: '/readyz',
    summary: 'The store works.',
    answer: { schema: z.object({ status: z.literal('ready') }) },
    problems: store,
  },
  {
    id: 'readMetrics',
    method: 'get',
    path: '/metrics',
    summary: "What the gateway counts, in Prometheus's text format.",
    answer: { type: 'text/plain' },
    problems: [],
  },
  {
    id: 'readAsyncApi',
    method: 'get',
    path: '/asyncapi.json',
    summary: 'The sockets, as an AsyncAPI 3.0 document.',
    answer: { schema: z.looseObject({ asyncapi: z.literal('3.0.0') }) },
    problems: [],
  },
  {
    id: 'readOpenApi',
    method: 'get',
    path: '/openapi.json',
    summary: 'This document.',
    answer: { schema: z.looseObject({ openapi: z.literal('3.1.1') }) },
    problems: [],
  },
  {
    id: 'readDocs',
    method: 'get',
    path: '/docs',
    summary: 'Both documents as a page.',
    answer: { type: 'text/html' },
    problems: [],
  },
  {
    id: 'readDocsStyle',
    method: 'get',
    path: '/docs.css',
    summary: 'How that page looks.',
    answer: { type: 'text/css' },
    problems: [],
  },
];

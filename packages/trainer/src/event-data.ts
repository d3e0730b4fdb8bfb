import type {
  EventOf,
  RecipeName,
  TestResults,
  Version1EventBody,
  Version1EventOf,
} from '@mnist-monitor/shared';

// The data of the events that this trainer sends. The protocol lets other publishers leave most fields out.

type Version1Data<T extends Version1EventBody['type']> = Version1EventOf<T>['data'];
type Score = Version1Data<'epoch'>['train'];

export type TestImages = NonNullable<NonNullable<EventOf<'run.started'>['data']['dataset']>['testImages']>;
export type RunStartedData = Version1Data<'run.started'> & {
  config: { recipe?: RecipeName };
  dataset: { testImages?: TestImages };
} & Pick<EventOf<'run.started'>['data'], 'name' | 'tags' | 'unit' | 'lossUnit'>;
export type BatchData = Version1Data<'batch'>;
export type EpochData = Omit<Version1Data<'epoch'>, 'test'> & {
  test: Score & Omit<TestResults, keyof Score>;
};
export type SamplePrediction = Version1Data<'samples'>['items'][number] &
  Pick<EventOf<'samples'>['data']['items'][number], 'classes'>;
export type SystemData = Version1Data<'system'>;
export type NoticeData = Version1Data<'notice'> & Pick<EventOf<'notice'>['data'], 'by'>;
export type LayersData = EventOf<'layers'>['data'];
export type ProbeData = EventOf<'probe'>['data'];
export type SnapshotData = EventOf<'snapshot'>['data'];
export type RunFinishedData = Version1Data<'run.finished'>;

/** An event about the inside of the network. */
export type InspectionEvent = Extract<EventBody, { type: 'layers' | 'probe' | 'snapshot' }>;

/** Type and data of an event, before the log adds its run, seq and time. */
export type EventBody =
  | { type: 'run.started'; data: RunStartedData }
  | { type: 'batch'; data: BatchData }
  | { type: 'epoch'; data: EpochData }
  | { type: 'samples'; data: { epoch: number; items: SamplePrediction[] } }
  | { type: 'layers'; data: LayersData }
  | { type: 'probe'; data: ProbeData }
  | { type: 'snapshot'; data: SnapshotData }
  | { type: 'system'; data: SystemData }
  | { type: 'notice'; data: NoticeData }
  | { type: 'run.finished'; data: RunFinishedData };

import type { Version1EventBody, Version1EventOf } from '@mnist-monitor/shared';

// The data of the events that this trainer sends. The protocol lets other publishers leave most fields out.

export type EventBody = Version1EventBody;
export type RunStartedData = Version1EventOf<'run.started'>['data'];
export type BatchData = Version1EventOf<'batch'>['data'];
export type EpochData = Version1EventOf<'epoch'>['data'];
export type SamplePrediction = Version1EventOf<'samples'>['data']['items'][number];
export type SystemData = Version1EventOf<'system'>['data'];
export type NoticeData = Version1EventOf<'notice'>['data'];
export type RunFinishedData = Version1EventOf<'run.finished'>['data'];

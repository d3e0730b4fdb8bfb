import type { RunChanges } from '@mnist-monitor/shared';
import { type CommandParser, defineScript } from '@redis/client';

/** The beginning of every key of this program. */
const prefix = 'mnist-monitor:';

/** The channel of the gateways' messages, on which the scripts below also announce their changes. */
export const busChannel = `${prefix}bus`;

export const keys = {
  /** A sorted set of the runs, oldest first; the score is the number of changes when the run began. */
  runs: `${prefix}runs`,
  /** The number of changes to all runs, which gives each state of a run a number of its own. */
  changes: `${prefix}changes`,
  /** Written to check that writing works. */
  probe: `${prefix}probe`,
  /** A hash of the values that a summary is made from. */
  run: (runId: string): string => `${prefix}run:${runId}`,
  /** A stream of a run's events; the entry `<seq>-0` has the type and the JSON. */
  events: (runId: string): string => `${prefix}events:${runId}`,
};

/** An event to append. */
export interface StreamEntry {
  seq: number;
  type: string;
  json: string;
  /**
   * The part of the event that the summary shows: the accuracy of an `epoch` if it is finite, or the code of a notice
   * that pauses or resumes the run; otherwise empty.
   */
  summaryValue: string;
}

export interface AppendArguments {
  runId: string;
  entries: readonly StreamEntry[];
  /** The message to publish if at least one event was appended. */
  announcement: string;
}

export interface ChangeArguments {
  runId: string;
  announcement: string;
}

const runKeys = (parser: CommandParser, runId: string): void => {
  for (const key of [keys.run(runId), keys.events(runId), keys.runs, keys.changes]) parser.pushKey(key);
  parser.push(busChannel, runId);
};

/** The scripts, each of which Redis runs as one step. */
export const scripts = {
  /**
   * Appends the events that follow the last one. Returns the last seq, and the first seq that leaves a gap, or 0. With a
   * gap nothing is appended.
   */
  appendEvents: defineScript({
    NUMBER_OF_KEYS: 4,
    SCRIPT: `
      local run, events, runs, changes = unpack(KEYS)
      local channel, runId, announcement = ARGV[1], ARGV[2], ARGV[3]
      local last = tonumber(redis.call('HGET', run, 'lastSeq') or 0)
      local nextSeq = last + 1
      for i = 4, #ARGV, 4 do
        local seq = tonumber(ARGV[i])
        if seq > nextSeq then return {last, seq} end
        if seq == nextSeq then nextSeq = nextSeq + 1 end
      end
      if nextSeq == last + 1 then return {last, 0} end

      local change = redis.call('INCR', changes)
      local bytes = 0
      local fields = {change = change, lastSeq = nextSeq - 1}
      for i = 4, #ARGV, 4 do
        local seq, kind, json, mark = tonumber(ARGV[i]), ARGV[i + 1], ARGV[i + 2], ARGV[i + 3]
        if seq > last then
          redis.call('XADD', events, seq .. '-0', 'type', kind, 'json', json)
          bytes = bytes + #json
          fields.last = json
          if seq == 1 then
            fields.first = json
            redis.call('ZADD', runs, change, runId)
          end
          if kind == 'batch' then fields.batch = json end
          if kind == 'run.started' then redis.call('HSETNX', run, 'started', json) end
          if kind == 'notice' and mark ~= '' then fields.held = mark end
          if kind == 'epoch' then
            fields.epoch = json
            local best = tonumber(fields.bestAccuracy or redis.call('HGET', run, 'bestAccuracy'))
            if mark ~= '' and (not best or tonumber(mark) > best) then fields.bestAccuracy = mark end
          end
        end
      end
      for field, value in pairs(fields) do redis.call('HSET', run, field, value) end
      redis.call('HINCRBY', run, 'bytes', bytes)
      redis.call('PUBLISH', channel, announcement)
      return {nextSeq - 1, 0}
    `,
    parseCommand(parser: CommandParser, { runId, entries, announcement }: AppendArguments) {
      runKeys(parser, runId);
      parser.push(announcement);
      for (const { seq, type, json, summaryValue: mark } of entries)
        parser.push(String(seq), type, json, mark);
    },
    transformReply: ([last, gapSeq]: [number, number]) => ({ last, gapSeq }),
  }),

  /** Sets or deletes the annotations of a run; returns 0 when there is no such run. */
  annotateRun: defineScript({
    NUMBER_OF_KEYS: 4,
    SCRIPT: `
      local run, _, _, changes = unpack(KEYS)
      local channel, _, announcement = unpack(ARGV)
      if redis.call('EXISTS', run) == 0 then return 0 end
      redis.call('HSET', run, 'change', redis.call('INCR', changes))
      for i = 4, #ARGV, 2 do
        if ARGV[i + 1] == '' then redis.call('HDEL', run, ARGV[i])
        else redis.call('HSET', run, ARGV[i], ARGV[i + 1]) end
      end
      redis.call('PUBLISH', channel, announcement)
      return 1
    `,
    parseCommand(parser: CommandParser, { runId, announcement }: ChangeArguments, changes: RunChanges) {
      runKeys(parser, runId);
      parser.push(announcement);
      const { pinned, ...texts } = changes;
      for (const [field, text] of Object.entries(texts)) parser.push(field, text ?? '');
      if (pinned !== undefined) parser.push('pinned', pinned ? '1' : '');
    },
    transformReply: undefined as unknown as () => number,
  }),

  /** Removes a run; a thread of Redis frees the memory. Returns 0 when there is no such run. */
  removeRun: defineScript({
    NUMBER_OF_KEYS: 4,
    SCRIPT: `
      local run, events, runs = unpack(KEYS)
      local channel, runId, announcement = unpack(ARGV)
      if redis.call('ZREM', runs, runId) == 0 then return 0 end
      redis.call('UNLINK', run, events)
      redis.call('PUBLISH', channel, announcement)
      return 1
    `,
    parseCommand(parser: CommandParser, { runId, announcement }: ChangeArguments) {
      runKeys(parser, runId);
      parser.push(announcement);
    },
    transformReply: undefined as unknown as () => number,
  }),
};

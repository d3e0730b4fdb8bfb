import type { RunChanges } from '@mnist-monitor/shared';
import { type CommandParser, defineScript } from '@redis/client';

/** Everything that is ours in the database begins with this. */
const prefix = 'mnist-monitor:';

/** What gateways tell each other, and what the scripts below say they have changed. */
export const busChannel = `${prefix}bus`;

export const keys = {
  /** The runs in the order in which they came; the score is a count of changes. */
  runs: `${prefix}runs`,
  /** Counts changes of any run: no two states of a run have the same. */
  changes: `${prefix}changes`,
  /** Written to see whether that can be done. */
  probe: `${prefix}probe`,
  /** What a summary needs. */
  run: (runId: string): string => `${prefix}run:${runId}`,
  /** A stream of a run's events; the entry `<seq>-0` has their type and JSON. */
  events: (runId: string): string => `${prefix}events:${runId}`,
};

/** An event to append, with what the summary takes from inside of it. */
export interface StreamEntry {
  seq: number;
  type: string;
  json: string;
  /** Of an `epoch`: its accuracy, if that is a number. Of a notice of a pause or its end: the code. Else empty. */
  summaryValue: string;
}

export interface AppendArguments {
  runId: string;
  entries: readonly StreamEntry[];
  /** Said on the bus when something was added. */
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

/** Each runs as one step, between which Redis does nothing else. */
export const scripts = {
  /** Adds what follows the last event; answers with the last seq, and the first that is one too far, or 0. */
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
    transformReply: ([last, tooFar]: [number, number]) => ({ last, tooFar }),
  }),

  /** Sets and takes away what is said about a run; 0 when there is none. */
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

  /** Removes a run; its memory is given back in a thread of Redis's own. 0 when there is none. */
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

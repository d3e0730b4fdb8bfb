import type { ProtocolVersion, RunChanges } from '@mnist-monitor/shared';
import { type CommandParser, defineScript } from '@redis/client';
import { maxSummaryMetricNames } from '../store/metric-names.ts';

/** The beginning of every key of this program. */
const prefix = 'mnist-monitor:';

/**
 * Returns the channel of the gateways that share a database, on which the scripts below also announce their changes. It
 * contains the database's number, since a channel, unlike a key, belongs to all databases of a server.
 */
export const busChannelOf = (database: number): string => `${prefix}bus:${database}`;

export const keys = {
  /** A sorted set of the runs, oldest first; the score is the number of changes when the run began. */
  runs: `${prefix}runs`,
  /** The number of changes to all runs, which gives each state of a run a number of its own. */
  changes: `${prefix}changes`,
  /**
   * A hash with a random id of the whole database of runs. After a loss of all data, the next check creates another id.
   */
  store: `${prefix}store`,
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

export interface ChangeArguments {
  runId: string;
  /** The channel of the gateways that share the database. */
  channel: string;
  /** The message to publish if the script changes anything. */
  announcement: string;
}

export interface AppendArguments extends ChangeArguments {
  entries: readonly StreamEntry[];
  /** The stream that a new run gets. */
  stream: string;
  /** Whether a run that has events must have this stream. */
  mustHaveStream: boolean;
  /** The lowest version of the protocol that has all of the entries. */
  version: ProtocolVersion;
  /** The names of the custom metrics in the entries. */
  metricNames: readonly string[];
}

/** The end of a run's events; `stream` is empty and `lastSeq` 0 when there is no such run. */
export interface PositionReply {
  stream: string;
  lastSeq: number;
  version: ProtocolVersion;
}

export interface CheckArguments extends Omit<ChangeArguments, 'runId'> {
  /** The id that the data gets if it has none yet. */
  newId: string;
}

/** The result of a check: the commands that the user may not run if there are any, otherwise the id of all data. */
export interface CheckResult {
  id: string;
  forbidden: string[];
}

const pushChange = (parser: CommandParser, { runId, channel, announcement }: ChangeArguments): void => {
  for (const key of [keys.run(runId), keys.events(runId), keys.runs, keys.changes]) parser.pushKey(key);
  parser.push(channel, runId, announcement);
};

/** The keys that checks use, so that no reader finds the run that a check appends and removes. */
const checkKeys = ['run', 'events', 'runs', 'changes'].map((name) => `${prefix}check:${name}`);

/** The script that appends to the run of KEYS. `checkStore` contains it too, as the body of a Lua function. */
const append = `
  local run, events, runs, changes = unpack(KEYS)
  local channel, runId, announcement, stream, expected, version, metrics = unpack(ARGV, 1, 7)
  local last = tonumber(redis.call('HGET', run, 'lastSeq') or 0)
  local known = last > 0 and redis.call('HGET', run, 'stream')
  if known and expected == '1' and known ~= stream then return {last, -1} end
  local nextSeq = last + 1
  for i = 8, #ARGV, 4 do
    local seq = tonumber(ARGV[i])
    if seq > nextSeq then return {last, seq} end
    if seq == nextSeq then nextSeq = nextSeq + 1 end
  end
  if nextSeq == last + 1 then return {last, 0} end
  -- Events without a hash belong to no run, and Redis would refuse the new ones as older.
  if last == 0 and redis.call('EXISTS', events) == 1 then redis.call('UNLINK', events) end

  local change = redis.call('INCR', changes)
  local bytes = 0
  local now = redis.call('TIME')
  local received = now[1] * 1000 + math.floor(now[2] / 1000)
  local fields = {change = change, lastSeq = nextSeq - 1, received = string.format('%.0f', received)}
  if not known then fields.stream = stream end
  -- A run without the field fits version 1.
  if version == '2' then fields.version = version end

  local names = redis.call('HGET', run, 'metricNames')
  if not names and redis.call('HGET', run, 'version') ~= '2' then
    names = '[]'
    fields.metricNames = names
  end
  -- A run of version 2 without the field is of an older gateway, which did not collect the names: it stays without.
  if names and metrics ~= '' then
    local list, known = cjson.decode(names), {}
    local count = #list
    for _, name in ipairs(list) do known[name] = true end
    for _, name in ipairs(cjson.decode(metrics)) do
      if not known[name] and #list < ${maxSummaryMetricNames} then list[#list + 1] = name end
    end
    if #list > count then fields.metricNames = cjson.encode(list) end
  end
  for i = 8, #ARGV, 4 do
    local seq, kind, json, summaryValue = tonumber(ARGV[i]), ARGV[i + 1], ARGV[i + 2], ARGV[i + 3]
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
      if kind == 'notice' and summaryValue ~= '' then fields.held = summaryValue end
      if kind == 'epoch' then
        fields.epoch = json
        local best = tonumber(fields.bestAccuracy or redis.call('HGET', run, 'bestAccuracy'))
        if summaryValue ~= '' and (not best or tonumber(summaryValue) > best) then
          fields.bestAccuracy = summaryValue
        end
      end
    end
  end
  for field, value in pairs(fields) do redis.call('HSET', run, field, value) end
  redis.call('HINCRBY', run, 'bytes', bytes)
  redis.call('PUBLISH', channel, announcement)
  return {nextSeq - 1, 0}
`;

/** The scripts, each of which Redis runs as one step. */
export const scripts = {
  /**
   * Appends the events that follow the last one. Returns the last seq, and `gapSeq`: 0 after success, the first seq that
   * leaves a gap, or -1 if the run has another stream than expected. Unless `gapSeq` is 0, nothing is appended.
   */
  appendEvents: defineScript({
    NUMBER_OF_KEYS: 4,
    SCRIPT: append,
    parseCommand(
      parser: CommandParser,
      { entries, stream, mustHaveStream, version, metricNames, ...change }: AppendArguments,
    ) {
      pushChange(parser, change);
      parser.push(stream, mustHaveStream ? '1' : '0', String(version));
      parser.push(metricNames.length > 0 ? JSON.stringify(metricNames) : '');
      for (const { seq, type, json, summaryValue } of entries)
        parser.push(String(seq), type, json, summaryValue);
    },
    transformReply: ([last, gapSeq]: [number, number]) => ({ last, gapSeq }),
  }),

  /**
   * Returns the stream, the last seq and the version of a run. A run that an older gateway has begun gets the stream
   * `newId` when it is read for the first time.
   */
  readPosition: defineScript({
    NUMBER_OF_KEYS: 1,
    SCRIPT: `
      local run, newId = KEYS[1], ARGV[1]
      local last = redis.call('HGET', run, 'lastSeq')
      if not last then return {'', '0', '1'} end
      local stream = redis.call('HGET', run, 'stream')
      -- Not HSETNX, which a server without memory refuses even if the field exists.
      if not stream then
        stream = newId
        redis.call('HSET', run, 'stream', stream)
      end
      return {stream, last, redis.call('HGET', run, 'version') or '1'}
    `,
    parseCommand(parser: CommandParser, runId: string, newId: string) {
      parser.pushKey(keys.run(runId));
      parser.push(newId);
    },
    transformReply: ([stream, lastSeq, version]: [string, string, string]): PositionReply => ({
      stream,
      lastSeq: Number(lastSeq),
      version: version === '2' ? 2 : 1,
    }),
  }),

  /** Gives a run the stream `next` if it has the stream `stream`; returns 0 when it has another one. */
  renewStream: defineScript({
    NUMBER_OF_KEYS: 4,
    SCRIPT: `
      local run, _, _, changes = unpack(KEYS)
      local channel, _, announcement, stream, nextStream = unpack(ARGV)
      if redis.call('HGET', run, 'stream') ~= stream then return 0 end
      redis.call('HSET', run, 'stream', nextStream, 'change', redis.call('INCR', changes))
      redis.call('PUBLISH', channel, announcement)
      return 1
    `,
    parseCommand(
      parser: CommandParser,
      change: ChangeArguments,
      { stream, next }: { stream: string; next: string },
    ) {
      pushChange(parser, change);
      parser.push(stream, next);
    },
    transformReply: undefined as unknown as () => number,
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
    parseCommand(parser: CommandParser, change: ChangeArguments, changes: RunChanges) {
      pushChange(parser, change);
      const { pinned, name, tags, ...texts } = changes;
      for (const [field, text] of Object.entries(texts)) parser.push(field, text ?? '');
      if (pinned !== undefined) parser.push('pinned', pinned ? '1' : '');
      // As JSON, so that a removed name is stored: a run without the field has the name of its publisher.
      if (name !== undefined) parser.push('givenName', JSON.stringify(name));
      if (tags !== undefined) parser.push('givenTags', JSON.stringify(tags));
    },
    transformReply: undefined as unknown as () => number,
  }),

  /** Removes a run; a thread of Redis frees the memory. Returns 0 when there is no such run. */
  removeRun: defineScript({
    NUMBER_OF_KEYS: 4,
    SCRIPT: `
      local run, events, runs = unpack(KEYS)
      local channel, runId, announcement = unpack(ARGV)
      if redis.call('ZREM', runs, runId) + redis.call('UNLINK', run, events) == 0 then return 0 end
      redis.call('PUBLISH', channel, announcement)
      return 1
    `,
    parseCommand: pushChange,
    transformReply: undefined as unknown as () => number,
  }),

  /** Appends an event to a run that no reader finds, and removes it, if the user may run every command that is used. */
  checkStore: defineScript({
    NUMBER_OF_KEYS: 7,
    SCRIPT: `
      local run, events, runs, changes, allRuns, allChanges, store = unpack(KEYS)
      local channel, announcement, newId = unpack(ARGV)
      local forbidden = {''}
      for _, command in ipairs({
        {'HGET', run, 'f'}, {'HGETALL', run}, {'HSET', run, 'f', 'v'}, {'HSETNX', run, 'f', 'v'},
        {'HINCRBY', run, 'f', '1'}, {'HDEL', run, 'f'}, {'EXISTS', run}, {'UNLINK', run},
        {'XADD', events, '*', 'f', 'v'}, {'XRANGE', events, '-', '+'}, {'INCR', changes},
        {'ZADD', runs, '1', 'm'}, {'ZREM', runs, 'm'}, {'ZRANGE', runs, '0', '1'},
        {'PUBLISH', channel, 'm'}, {'EVAL', 'return', '0'}, {'TIME'},
      }) do
        if not redis.acl_check_cmd(unpack(command)) then forbidden[#forbidden + 1] = command[1] end
      end
      if #forbidden > 1 then return forbidden end

      local function append(KEYS, ARGV)
        ${append}
      end
      -- Deletes only if a key is left. A deletion before every append would let it pass on a full server: Redis checks the memory at
      -- a script's first write.
      if redis.call('EXISTS', run, events) > 0 then redis.call('UNLINK', run, events, runs, changes) end
      append(KEYS, {channel, 'check', announcement, 'check', '0', '1', '', '1', 'run.started', '{}', ''})
      redis.call('UNLINK', run, events, runs, changes)
      for _, use in ipairs({{'ZRANGE', allRuns, '0', '0'}, {'INCR', allChanges}, {'HSETNX', store, 'id', newId}}) do
        local reply = redis.pcall(unpack(use))
        local problem = type(reply) == 'table' and reply.err
        if problem and (problem:find('WRONGTYPE') or problem:find('not an integer')) then
          return redis.error_reply('WRONGTYPE ' .. use[2])
        elseif problem then
          return reply
        end
      end
      return {redis.call('HGET', store, 'id')}
    `,
    parseCommand(parser: CommandParser, { channel, announcement, newId }: CheckArguments) {
      for (const key of [...checkKeys, keys.runs, keys.changes, keys.store]) parser.pushKey(key);
      parser.push(channel, announcement, newId);
    },
    transformReply: ([id = '', ...forbidden]: string[]): CheckResult => ({ id, forbidden }),
  }),
};

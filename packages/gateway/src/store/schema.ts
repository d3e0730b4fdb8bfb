/** Marks a SQLite file as ours ("MNMo"), in its header. */
export const applicationId = 0x4d4e4d6f;

/**
 * One entry per version of the schema; a file is brought forward from the version it has (`user_version`).
 * Entries are never changed once released.
 */
export const migrations: readonly string[] = [
  `
  -- The order of id is the order in which runs came.
  CREATE TABLE run (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
  -- json is the whole event, as it came and as it is sent.
  CREATE TABLE event (
    run INTEGER NOT NULL REFERENCES run,
    seq INTEGER NOT NULL,
    type TEXT NOT NULL,
    json TEXT NOT NULL
  );
  CREATE UNIQUE INDEX event_by_seq ON event (run, seq);
  -- Finds the last batch or epoch of a run at once, so that no summary has to be kept.
  CREATE INDEX event_by_type ON event (run, type, seq);
  `,
  `
  -- SQLite cannot take a NOT NULL back: the table is made anew.
  CREATE TABLE run_2 (
    id INTEGER PRIMARY KEY,
    -- NULL once the run is removed; its events then go in small steps, and a run of the same name may come.
    name TEXT UNIQUE,
    title TEXT,
    note TEXT,
    pinned INTEGER NOT NULL DEFAULT 0,
    -- Of its events' json.
    bytes INTEGER NOT NULL
  );
  INSERT INTO run_2 (id, name, bytes)
    SELECT id, name, (SELECT coalesce(sum(length(CAST(json AS BLOB))), 0) FROM event WHERE run = r.id) FROM run r;
  DROP TABLE run;
  ALTER TABLE run_2 RENAME TO run;
  `,
];

/** The first run.started, the last batch and epoch, the best accuracy, the ends of the run, and whether it is held, of each run `r`. */
export const summaryColumns = `
  r.name AS runId, r.title, r.note, r.pinned, r.bytes,
  (SELECT max(seq) FROM event WHERE run = r.id) AS lastSeq,
  (SELECT json FROM event WHERE run = r.id ORDER BY seq LIMIT 1) AS first,
  (SELECT json FROM event WHERE run = r.id ORDER BY seq DESC LIMIT 1) AS last,
  (SELECT json FROM event WHERE run = r.id AND type = 'run.started' ORDER BY seq LIMIT 1) AS started,
  (SELECT json FROM event WHERE run = r.id AND type = 'batch' ORDER BY seq DESC LIMIT 1) AS batch,
  (SELECT json FROM event WHERE run = r.id AND type = 'epoch' ORDER BY seq DESC LIMIT 1) AS epoch,
  (SELECT max(json_extract(json, '$.data.test.accuracy')) FROM event
    WHERE run = r.id AND type = 'epoch' AND json_type(json, '$.data.test.accuracy') IN ('real', 'integer')) AS bestAccuracy,
  (SELECT json_extract(json, '$.data.code') FROM event
    WHERE run = r.id AND type = 'notice' AND json_extract(json, '$.data.code') IN ('run.paused', 'run.resumed')
    ORDER BY seq DESC LIMIT 1) AS held
`;

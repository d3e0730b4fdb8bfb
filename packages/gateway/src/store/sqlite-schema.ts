import type Database from 'libsql';

/** Identifies a SQLite file as this program's ("MNMo"), in its header. */
export const applicationId = 0x4d4e4d6f;

/**
 * The steps from each version of the schema to the next; a file is migrated from its own version (`user_version`).
 * Released steps never change, their comments included: SQLite stores them in the file.
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
  `
  -- When the last event was stored, in milliseconds by the gateway's clock; NULL for runs of before.
  ALTER TABLE run ADD COLUMN received INTEGER;
  `,
  `
  -- One row: the gateway that has the database open. Each transaction compares it.
  CREATE TABLE owner (id INTEGER PRIMARY KEY CHECK (id = 1), token TEXT NOT NULL);
  `,
  `
  -- Random: identifies the stored events of a run; see newStreamId for its two parts.
  ALTER TABLE run ADD COLUMN stream TEXT;
  UPDATE run SET stream = lower(hex(randomblob(6))) || '-' || lower(hex(randomblob(4)));
  `,
  `
  -- The lowest version of the protocol that has every event of the run; only version 1 existed before.
  ALTER TABLE run ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
  `,
  `
  -- The name and the tags that a user gave, as JSON; NULL where the run has those in run.started.
  ALTER TABLE run ADD COLUMN given_name TEXT;
  ALTER TABLE run ADD COLUMN given_tags TEXT;
  `,
  `
  -- JSON: the first 100 names of the run's custom metrics. Only events of version 2 have some.
  ALTER TABLE run ADD COLUMN metric_names TEXT NOT NULL DEFAULT '[]';
  UPDATE run SET metric_names = (
    SELECT json_group_array(name) FROM (
      SELECT metric.key AS name FROM event, json_each(event.json, '$.data.metrics') AS metric
      WHERE event.run = run.id AND event.type IN ('batch', 'metrics', 'epoch', 'run.finished')
      GROUP BY metric.key ORDER BY min(event.seq), min(metric.id) LIMIT 100
    )
  ) WHERE version = 2;
  `,
  `
  -- The number of changes to the run: with its stream, it identifies a state of its summary.
  ALTER TABLE run ADD COLUMN changes INTEGER NOT NULL DEFAULT 0;
  `,
];

/** Returns the version of a database's schema; 0 for a new file. */
export function schemaVersion(database: Database.Database): number {
  const rows = database.pragma('user_version') as { user_version: number }[];
  return rows[0]?.user_version ?? 0;
}

/**
 * Migrates the schema from a version to the current one, in one transaction. Runs before WAL is on, so that the header
 * of a new file gets the application id.
 */
export function migrate(database: Database.Database, from: number): void {
  if (from === migrations.length) return;
  // Replacing a table would count as deleting the rows that others refer to.
  database.exec('PRAGMA foreign_keys = OFF');
  // Only has an effect before the first table is created.
  if (from === 0) database.exec('PRAGMA auto_vacuum = INCREMENTAL');
  database.exec(`
    BEGIN IMMEDIATE; PRAGMA application_id = ${applicationId};
    ${migrations.slice(from).join('')}
    PRAGMA user_version = ${migrations.length}; COMMIT`);
}

/**
 * Lets a file of version 1 shrink, by rewriting it once. That needs as much free space as the file has; without it, the
 * file works but never shrinks.
 */
export function enableShrinking(database: Database.Database): void {
  const [row] = database.pragma('auto_vacuum') as { auto_vacuum: number }[];
  if (row?.auto_vacuum !== 0) return;
  try {
    database.exec('PRAGMA auto_vacuum = INCREMENTAL; VACUUM');
  } catch {}
}

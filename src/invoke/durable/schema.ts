/** Executions, their operations and their histories; the documents are those of `model.ts`. */
export const schema = `
  CREATE TABLE executions (
    id TEXT PRIMARY KEY,
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    function_name TEXT NOT NULL,
    version TEXT NOT NULL,
    name TEXT NOT NULL,
    status TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    ended_at INTEGER,
    input TEXT NOT NULL,
    document TEXT NOT NULL,
    UNIQUE (account, region, function_name, name)
  );
  CREATE INDEX executions_by_start ON executions (account, region, function_name, started_at, id);
  CREATE INDEX executions_running ON executions (id) WHERE status = 'RUNNING';
  CREATE TABLE operations (
    execution_id TEXT NOT NULL REFERENCES executions (id) ON DELETE CASCADE,
    id TEXT NOT NULL,
    position INTEGER NOT NULL,
    changed INTEGER NOT NULL,
    ended INTEGER NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (execution_id, id)
  );
  CREATE INDEX operations_by_position ON operations (execution_id, position);
  CREATE INDEX operations_by_change ON operations (execution_id, changed);
  CREATE INDEX operations_open ON operations (execution_id, position) WHERE ended = 0;
  CREATE TABLE events (
    execution_id TEXT NOT NULL REFERENCES executions (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    at INTEGER NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (execution_id, number)
  );
`;

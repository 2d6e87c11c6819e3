-- 004-refused - version 3: what the last complete sync said of rows that it refused itself.
--
-- Run with search_path set to the bridge's schema, in the transaction of the
-- migration.  Rows that are refused for what they say stand nowhere in the
-- ledger; that the set of them changed is told by this.

-- A hash over keys and reasons; null: none.
alter table holder
    add column refused text;

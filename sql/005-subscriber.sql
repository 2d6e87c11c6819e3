-- 005-subscriber - version 4: where the credentials live that have no subscriber of their own.
--
-- Run with search_path set to the bridge's schema, in the transaction of the
-- migration.  Rows of sync without a subscriber_no are about credentials of
-- this one, and nothing else says so.

-- [mirror] subscriber_id; empty: none; null: not known, and the next init binds it.
alter table identity
    add column subscriber_id text;

-- 003-target - version 2: a ledger is about one kind of credential.
--
-- Run with search_path set to the bridge's schema, in the transaction of the
-- migration.  What was there before is about credentials of subscribers.

alter table identity
    add column target text not null default 'subscriber' -- [mirror] target
        check (target in ('subscriber', 'sip-endpoint'));

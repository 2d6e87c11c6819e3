-- uninstall - removes every trace of swbridge from the database.
--
-- Run with search_path set to the bridge's schema and nothing else: the PBX may have a table called
-- subscriber, too.  Nothing at SignalWire is
-- touched; the remote ids are lost, so keep a copy of `mapping` first.
-- The triggers go with their function, whoever owns the PBX's table; it is not held up for longer than this.
set local lock_timeout = '3s';
drop function if exists notify_change() cascade;
drop function if exists difference();
drop view if exists status, mapping;
drop table if exists holder, control, approval, journal, sync, subscriber, identity;

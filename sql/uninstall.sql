-- uninstall - removes every trace of swbridge from the database.
--
-- Run with search_path set to the bridge's schema.  Nothing at SignalWire is
-- touched; the remote ids are lost, so keep a copy of `mapping` first.
drop function difference();
drop view status, mapping;
drop table holder, control, approval, journal, sync, subscriber, identity;

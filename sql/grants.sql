-- grants - least privilege for the role that swbridge runs as.
--
-- Run by a superuser, or by the owner of both the schema and the source:
--   psql -d pbx -v schema=swbridge -v role=swbridge -v source=public.pbx_users -f grants.sql
-- The role then reads the PBX's table, writes the ledger, and nothing else.
-- People who only look get the second role's grants: -v reader=NAME.
\set ON_ERROR_STOP on
grant usage on schema :"schema" to :"role";
grant select, insert, update, delete
   on :"schema".sync, :"schema".subscriber, :"schema".journal, :"schema".approval to :"role";
grant select, update on :"schema".identity, :"schema".control, :"schema".holder to :"role";
-- For init over a ledger that init --print-sql made; there is but one row.
grant insert on :"schema".identity to :"role";
grant select on :"schema".mapping, :"schema".status to :"role";
grant execute on function :"schema".difference() to :"role";
grant select on :source to :"role";
-- What is at SignalWire is read into temporary tables.  Everybody may make them,
-- unless that was taken away; the database's owner then has to grant it.
select has_database_privilege(:'role', current_database(), 'temporary') as may_make_temporary \gset
\if :may_make_temporary
\else
grant temporary on database :"DBNAME" to :"role";
\endif
\if :{?reader}
grant usage on schema :"schema" to :"reader";
grant select on :"schema".mapping, :"schema".status to :"reader";
\endif

-- 002-triggers - tells a listening swbridge which extension was written (init --triggers).
--
-- Run with search_path set to the bridge's schema, more than once if need be.  The
-- triggers themselves are made by the program: their arguments name the columns.
--
-- Nothing in here may fail the PBX's statement, and nothing may hold up its
-- upgrades.  So the columns are known by their names in the arguments alone, every
-- step is guarded, and where anything is in doubt it says '*', "look at everything":
-- a notification is a hint, and the passes of a daemon are the truth.
--
--   arguments: channel, memory, queue limit, tenant, extension, key, watched column ...
--
-- memory: the name of a setting, local to the transaction, that holds what was said
-- in it: a hash for each key, or * for silence.  tenant and key are '' where the
-- source has none.
--
-- Where a row is not an extension's own (a table beneath an adapter: adapter_watch()), key
-- is = and a statement that finds the keys: $1 is the row, $2 the row before an UPDATE.
-- It may have to read a table, so that after ten of these in a transaction '*' is said;
-- with == it finds them by an index, and counts as a key does.
--
-- It runs with the rights of whoever writes to the table, since it needs none, and
-- with a search_path of its own, since what the PBX has in its path is not ours.
create or replace function notify_change() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_variable
declare
    said text;
    before jsonb;
    after jsonb;
    part text;
    asked text;
    key text;
    keys text[];
    hash text;
    needed text[]; -- columns that the key is made of
begin
    if current_setting(tg_argv[1], true) = '*' then
        return null;
    end if;
    begin
        if tg_op = 'UPDATE' then
            before := to_jsonb(old);
            after := to_jsonb(new);
            needed := array_remove(array[tg_argv[3], tg_argv[4], case when not starts_with(tg_argv[5], '=') then tg_argv[5] else '' end], '');
            -- What is left of `after` without the watched columns, over `before`:
            -- that is `after` itself where no watched column has changed.  One that an
            -- upgrade has dropped is the same in both: phones register all the time,
            -- and each would be "look at everything".
            if before || (after - tg_argv) = after and after ?& needed then
                return null;
            end if;
        end if;

        said := coalesce(current_setting(tg_argv[1], true), '');
        -- A queue that is full fails the PBX's COMMIT, where no guard helps.
        if said = '' and pg_notification_queue_usage() >= tg_argv[2]::float8 then
            perform set_config(tg_argv[1], '*', true);
            return null;
        end if;

        if tg_op = 'TRUNCATE' or (tg_op = 'UPDATE' and not after ?& needed) then
            keys := array['*'];
        elsif starts_with(tg_argv[5], '=') then
            if length(said) >= 100 * 9
               or (not starts_with(tg_argv[5], '==')
                   and length(said) - length(replace(said, '-------- ', '')) >= 10 * 9) then
                keys := array['*'];
            else
                said := said || '-------- ';
                perform set_config(tg_argv[1], said, true);
                asked := 'select array(select q.q from (' || ltrim(tg_argv[5], '=') || ') q (q) limit 11)';
                if tg_op = 'INSERT' then
                    execute asked into keys using new, new;
                elsif tg_op = 'DELETE' then
                    execute asked into keys using old, old;
                else
                    execute asked into keys using new, old;
                end if;
                if cardinality(keys) > 10 then
                    keys := array['*'];
                end if;
            end if;
        else
            -- The key as the query "desired" has it, by the column's own cast to text.
            part := 'nullif(case jsonb_typeof(to_jsonb(($1).%1$I)) when ''array'''
                 || ' then array_to_string(($1).%1$I::text::text[], '','') else ($1).%1$I::text end, '''')';
            asked := format(part, tg_argv[4]);
            if tg_argv[3] <> '' then
                asked := 'coalesce(' || format(part, tg_argv[3]) || ' || ''/'' || ' || asked || ', ' || asked || ')';
            end if;
            if tg_argv[5] <> '' then
                asked := 'coalesce(' || format(part, tg_argv[5]) || ', ' || asked || ')';
            end if;
            if tg_op <> 'DELETE' then
                execute 'select ' || asked into key using new;
                keys := array[key];
            end if;
            if tg_op = 'DELETE' or (tg_op = 'UPDATE'
                                    and (before ->> tg_argv[3], before ->> tg_argv[4], before ->> tg_argv[5])
                                        is distinct from
                                        (after ->> tg_argv[3], after ->> tg_argv[4], after ->> tg_argv[5])) then
                execute 'select ' || asked into key using old;
                keys := keys || key;
            end if;
        end if;

        foreach key in array keys loop
            continue when key is null; -- no extension and no key: no row of the source
            if octet_length(key) > 7000 or starts_with(key, '?swbridge-probe:') then
                key := '*';
            end if;
            hash := lpad(to_hex(hashtext(key)), 8, '0') || ' ';
            if key <> '*' and strpos(said, hash) = 0 then
                if length(said) >= 100 * length(hash) then
                    key := '*';
                else
                    said := said || hash;
                    perform set_config(tg_argv[1], said, true);
                end if;
            end if;
            perform pg_notify(tg_argv[0], key);
            if key = '*' then
                perform set_config(tg_argv[1], '*', true);
                exit;
            end if;
        end loop;
    exception when others then
        begin
            if pg_notification_queue_usage() < tg_argv[2]::float8 then
                perform pg_notify(tg_argv[0], '*');
            end if;
            perform set_config(tg_argv[1], '*', true);
        exception when others then
            null;
        end;
    end;
    return null;
end
$$;
comment on function notify_change() is 'swbridge: tells a listening swbridge which extension was written';

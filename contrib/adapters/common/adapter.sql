-- common - what the adapters share: how values are read, and how the PBX's tables are.
--
-- Run with search_path set to the bridge's schema and then to that of the PBX: every
-- function that looks for a table keeps this path.  The first of it is ours, and no table
-- of the PBX is looked for there (Kamailio has a table "subscriber", too).
--
-- Nothing in here names a table or a column of a PBX to PostgreSQL.  The functions of one
-- expression have no path of their own, so that the planner can put them into the query.

-- A yes or no of whatever type, read as text; what is not set is `unset`.
create function adapter_truth(value text, unset boolean) returns boolean
language sql immutable parallel safe
as $$
    select case when nullif(btrim(value), '') is null then unset
                else lower(btrim(value)) in ('true', 't', 'yes', 'y', 'on', '1', 'enabled') end
$$;

-- What is set: '' and blanks are not.
create function adapter_text(value text) returns text
language sql immutable parallel safe
as $$
    select nullif(btrim(value, E' \t\n\v\f\r'), '')
$$;

-- The number of a caller id: "Name" <number>, Name <number>, <number>, or the number alone.
-- One that a varchar(40) has cut has no '>' any more, and its number is not to be trusted.
create function adapter_caller_number(callerid text) returns text
language sql immutable parallel safe
as $$
    select case when callerid ~ '<' then nullif(btrim(substring(callerid from '<([^<>]*)>\s*$')), '')
                when callerid ~ '^\s*\+?[0-9*#(). -]+$' then btrim(callerid) end
$$;

create function adapter_caller_name(callerid text) returns text
language sql immutable parallel safe
as $$
    -- Most are "Name" <number>, which needs no regular expression.
    select case when callerid like '"%" <%>' and callerid not like '%\\%' and callerid not like '"%"%"%'
                    then nullif(btrim(split_part(callerid, '"', 2)), '')
                when callerid ~ '^\s*\+?[0-9*#(). -]+$' then null
                else nullif(btrim(regexp_replace(regexp_replace(btrim(regexp_replace(callerid, '<[^<]*$', '')),
                                                                '^"|"$', '', 'g'),
                                                 '\\(.)', '\1', 'g')), '') end
$$;

-- A number in E.164 (at most 15 digits behind the +), without punctuation.  Without a + nobody
-- knows which country's it is, and +44 (0)20 has a digit too many: no guess is made.
create function adapter_e164(number text) returns text
language sql immutable parallel safe
as $$
    select case when number ~ '^\+[1-9][0-9]{6,14}$' then number
                when number ~ '^\s*\+' and number !~ '\(0\)'
                then substring(regexp_replace(number, '[\s().\-/]', '', 'g') from '^\+[1-9][0-9]{6,14}$') end
$$;

-- The number of a caller id where it is E.164.
create function adapter_caller_e164(callerid text) returns text
language sql immutable parallel safe
as $$
    select case when strpos(callerid, '+') > 0 then adapter_e164(adapter_caller_number(callerid)) end
$$;

-- The first address of a list, as "Name <address>" or alone.
create function adapter_email(list text) returns text
language sql immutable parallel safe
as $$
    select substring(list from '[^\s,;|<>"()]+@[^\s,;|<>"()@]+')
$$;

-- Codecs as Asterisk's `allow` has them: separated by , | ; & or blanks, in order; !x takes x
-- away, !all all before it, :20 is a packet's length.  "all" means every codec, so there is
-- nothing to say (null).  Names that nobody knows are left in: the bridge warns about them.
create function adapter_codecs(list text) returns text
language sql immutable parallel safe
as $$
    with item as (
        select lower(split_part(ltrim(i.i, '!'), ':', 1)) as name, starts_with(i.i, '!') as away, i.at
          from regexp_split_to_table(list, '[,|;&\s]+') with ordinality i (i, at)
         where i.i <> ''
    ), kept as (
        select k.name, min(k.at) as at
          from item k
         where not k.away and k.name <> ''
           and not exists (select from item a where a.away and a.at > k.at and a.name in (k.name, 'all'))
         group by k.name
    )
    select case when not coalesce(bool_or(k.name = 'all'), false) then string_agg(k.name, ',' order by k.at) end
      from kept k
$$;

-- A value as Asterisk's realtime reads it: cut at each ';' (the last piece that is set counts),
-- trimmed, ^HH is the byte HH.  What is no text then is null.
create function adapter_decode_slowly(value text) returns text
language plpgsql immutable parallel safe
as $$
declare
    piece text;
begin
    select btrim(p.p, E' \t\n\v\f\r') into piece
      from unnest(string_to_array(value, ';')) with ordinality p (p, at)
     where btrim(p.p, E' \t\n\v\f\r') <> ''
     order by p.at desc limit 1;
    return nullif((select convert_from(string_agg(case when m.m[1] ~ '^\^..$' then decode(substr(m.m[1], 2), 'hex')
                                                       else convert_to(m.m[1], getdatabaseencoding()) end,
                                                  ''::bytea order by m.at), getdatabaseencoding())
                     from regexp_matches(piece, '\^[0-9A-Fa-f]{2}|[^^]+|\^', 'g') with ordinality m (m, at)), '');
exception when character_not_in_repertoire or untranslatable_character then
    return null;
end
$$;

create function adapter_decode(value text) returns text
language sql immutable parallel safe
as $$
    select case when strpos(value, '^') > 0 or strpos(value, ';') > 0 then adapter_decode_slowly(value)
                else nullif(btrim(value, E' \t\n\v\f\r'), '') end
$$;

-- The table of this name in the path behind our own schema; null: there is none.
-- (plpgsql, since that keeps its plans: these are called for every table of every keyed read.)
create function adapter_relation(wanted text) returns oid
language plpgsql stable
set search_path from current
as $$
begin
    return (select c.oid
              from unnest(current_schemas(false)) with ordinality s (name, at)
              join pg_catalog.pg_namespace n on n.nspname = s.name
              join pg_catalog.pg_class c on c.relnamespace = n.oid
             where s.name <> current_schema() and c.relname = wanted and c.relkind in ('r', 'p', 'v', 'm', 'f')
             order by s.at limit 1);
end
$$;

-- Its name as SQL writes it, with the schema; null: there is none.
create function adapter_table(wanted text) returns text
language plpgsql stable
set search_path from current
as $$
declare
    relation oid := adapter_relation(wanted);
begin
    return (select quote_ident(n.nspname) || '.' || quote_ident(c.relname)
              from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
             where c.oid = relation);
end
$$;

-- What is said where the PBX is not as the adapter knows it.  The bridge knows the SQLSTATE.
create function adapter_changed(problem text, remedy text) returns void
language plpgsql
as $$
begin
    raise exception using errcode = 'SW001', message = problem || ': ' || remedy;
end
$$;

-- A subquery with these columns of a table, every one as text.  A name that ends with ! must be
-- there; one with = behind it keeps its type (what an index finds by another type than text, or
-- joins by it); the others are null where a release of the PBX has no such column.  A table
-- whose name ends with ? may be missing: then it is empty.
--
-- The planner pulls it up, so that t.id::text of a varchar is found by its index.
create function adapter_rows(wanted text, columns text[]) returns text
language plpgsql stable
set search_path from current
as $$
declare
    relation oid := adapter_relation(rtrim(wanted, '?'));
    elsewhere text;
    missing text;
    list text;
begin
    if relation is null and right(wanted, 1) <> '?' then
        select string_agg(quote_ident(n.nspname), ' or ') into elsewhere
          from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
         where c.relname = wanted and c.relkind in ('r', 'p', 'v', 'm', 'f') and n.nspname <> current_schema()
           and n.nspname !~ '^pg_';
        perform adapter_changed(
            format('The PBX has no table %s in schema %s', wanted,
                   array_to_string((current_schemas(false))[2:], ', ')),
            case when elsewhere is not null
                 then format('there is one in %s; put options=''-c search_path=%s'' into [postgres] conninfo and run '
                             'swbridge init again', elsewhere, elsewhere)
                 else 'the source changed, or this is another database or another PBX than the adapter is for' end);
    end if;
    select string_agg(case when a.attname is null then format('null::text as %I', c.name)
                           when c.keeps then format('t.%I', c.name)
                           else format('t.%I::text as %1$I', c.name) end, ', ' order by c.at),
           string_agg(quote_ident(c.name), ', ' order by c.at) filter (where c.needed and a.attname is null)
      into list, missing
      from (select rtrim(w.w, '!=') as name, w.w ~ '![=]?$' as needed, w.w ~ '=[!]?$' as keeps, w.at
              from unnest(columns) with ordinality w (w, at)) c
      left join pg_catalog.pg_attribute a on a.attrelid = relation and a.attname = c.name and a.attnum > 0
           and not a.attisdropped;
    if relation is null then
        return '(select ' || list || ' where false)';
    end if;
    if missing is not null then
        perform adapter_changed(
            format('The PBX''s table %s has no column %s any more', adapter_table(rtrim(wanted, '?')), missing),
            'the source changed, and without it the extensions cannot be read; bring it back, or install a '
            'swbridge whose adapter knows this release of the PBX and run: swbridge init');
    end if;
    return '(select ' || list || ' from ' || adapter_table(rtrim(wanted, '?')) || ' t)';
end
$$;

-- "one of the keys in $1" for alias.column, as an index of that column can answer it: the keys get
-- the column's type.  For columns that adapter_rows() was asked to keep the type of.
create function adapter_condition(wanted text, alias text, name text) returns text
language plpgsql stable
set search_path from current
as $$
begin
    return (
        select coalesce((
            select case when a.atttypid in ('text'::regtype, 'varchar'::regtype) then format('%s.%I = any($1)', alias, name)
                        when a.atttypid = 'uuid'::regtype
                            then format($q$%s.%I = any(array(select k.k::uuid from unnest($1) k (k)
                                         where k.k ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'))$q$, alias, name)
                        when a.atttypid in ('int2'::regtype, 'int4'::regtype, 'int8'::regtype)
                            then format($q$%s.%I = any(array(select k.k::bigint from unnest($1) k (k)
                                         where k.k ~ '^-?[0-9]{1,18}$'))$q$, alias, name) end
              from pg_catalog.pg_attribute a
             where a.attrelid = adapter_relation(wanted) and a.attname = name and not a.attisdropped
            ), format('%s.%I::text = any($1)', alias, name))
    );
end
$$;

-- The type of a table's column; null: there is none, and adapter_rows() yields null as text.
create function adapter_type(wanted text, name text) returns oid
language plpgsql stable
set search_path from current
as $$
begin
    return (
        select a.atttypid
          from pg_catalog.pg_attribute a
         where a.attrelid = adapter_relation(rtrim(wanted, '?')) and a.attname = name and a.attnum > 0 and not a.attisdropped
    );
end
$$;

-- alias.name = other_alias.other, of columns that adapter_rows() was asked to keep the type of: as their index can
-- answer it where both are of one type, and as text where an upgrade has changed but one of them.
create function adapter_equal(wanted text, alias text, name text, other_wanted text, other_alias text, other text) returns text
language plpgsql stable
set search_path from current
as $$
begin
    return (
        select format(case when adapter_type(wanted, name) = adapter_type(other_wanted, other) then '%I.%I = %I.%I'
                           else '%I.%I::text = %I.%I::text' end, alias, name, other_alias, other)
    );
end
$$;

-- Asterisk's voicemail, for Asterisk's adapters: a subquery with e-mail and name of the mailboxes that the
-- query `wanted` yields, each once.
create function adapter_voicemail(wanted text) returns text
language sql stable
set search_path from current
as $$
    select '(select distinct on (v.mailbox, v.context) v.mailbox, v.context, adapter_email(v.email) as email,'
           ' adapter_decode(v.fullname) as fullname'
           ' from ' || adapter_rows('voicemail?', '{mailbox, context, email, fullname, uniqueid}') || ' v'
           ' where v.mailbox in (' || wanted || ')'
           ' order by v.mailbox, v.context, length(v.uniqueid), v.uniqueid)'
$$;

-- The first mailbox of a list, and its context: 6001@default, 6002.
create function adapter_mailbox(list text) returns text
language sql immutable parallel safe
as $$
    select btrim(split_part(split_part(list, ',', 1), '@', 1))
$$;

create function adapter_mailbox_context(list text) returns text
language sql immutable parallel safe
as $$
    select coalesce(nullif(btrim(split_part(split_part(list, ',', 1), '@', 2)), ''), 'default')
$$;

-- Both triggers on one of the PBX's tables, as notify_change() wants them (sql/002-triggers.sql):
-- made, or made anew where they are not as they should be.  Returns the table's name, null where
-- there is no table that can have them.
--
-- A row's key is tenant and extension, names of columns, or what the statement `keys` finds
-- ($1: the row, $2: the row before an UPDATE; = in front of it: by an index); where all three are null, it is
-- about everything.  Of `watched` only what this release has is watched.
create function adapter_watch(wanted text, tenant text, extension text, keys text, watched text[]) returns text
language plpgsql
set search_path from current
as $$
declare
    relation oid := adapter_relation(wanted);
    name text := adapter_table(wanted);
    owner oid;
    kind "char";
    arguments text[];
    literals text;
    row_name name := ('notify_adapter_' || current_schema())::name;
    truncate_name name := ('notify_adapter_truncate_' || current_schema())::name;
begin
    select c.relowner, c.relkind into owner, kind from pg_catalog.pg_class c where c.oid = relation;
    if kind is null or kind not in ('r', 'p') then
        return null;
    end if;
    if num_nonnulls(tenant, extension, keys) = 0 then
        keys := $q$select '*'$q$;
    end if;
    arguments := array[current_schema()::text, 'swbridge.said_' || (hashtext(current_schema()) & 2147483647), '0.5',
                       coalesce(tenant, ''), coalesce(extension, ''), coalesce('=' || keys, '')]
        || array(select w.w from unnest(watched) with ordinality w (w, at)
                   join pg_catalog.pg_attribute a on a.attrelid = relation and a.attname = w.w and a.attnum > 0
                    and not a.attisdropped
                  order by w.at);
    if (select count(*) from pg_catalog.pg_trigger t
         where t.tgrelid = relation and t.tgenabled = 'A' and t.tgfoid = 'notify_change()'::regprocedure
           and (t.tgname = row_name and t.tgtype = 29 or t.tgname = truncate_name and t.tgtype = 32)
           and t.tgargs = (select string_agg(convert_to(a.a, getdatabaseencoding()) || '\x00'::bytea, ''::bytea order by a.at)
                             from unnest(arguments) with ordinality a (a, at))) = 2 then
        return name;
    end if;
    if not pg_has_role(owner, 'usage') then
        raise exception using errcode = 'SW002', message = format('%s belongs to %s, and only a member of that role may '
            'make its triggers', name, quote_ident(pg_get_userbyid(owner)));
    end if;
    select string_agg(quote_literal(a.a), ', ' order by a.at) into literals from unnest(arguments) with ordinality a (a, at);
    execute format('drop trigger if exists %I on %s', row_name, name);
    execute format('drop trigger if exists %I on %s', truncate_name, name);
    execute format('create trigger %I after insert or update or delete on %s for each row execute function notify_change(%s)',
                   row_name, name, literals);
    execute format('create trigger %I after truncate on %s for each statement execute function notify_change(%s)',
                   truncate_name, name, literals);
    execute format('alter table %s enable always trigger %I', name, row_name);
    execute format('alter table %s enable always trigger %I', name, truncate_name);
    return name;
end
$$;

-- 001-ledger - the tables that the bridge remembers with.
--
-- Run with search_path set to the bridge's schema (init creates it), in one
-- transaction.  Nothing here names a table or a column of the PBX: PostgreSQL
-- would then refuse the PBX's own ALTER TABLE (see swbridge.conf(5)).
--
-- Keys sort and compare by bytes (collate "C"): the order of a walk and the
-- meaning of "smallest key" must not depend on the server's locale.

-- What this ledger belongs to.  A mismatch stops everything (exit 6).
create table identity (
    one                boolean     primary key default true check (one),
    schema_version     integer     not null,
    project_id         text        not null,
    api_url            text        not null,
    sip_domain         text,       -- of the SIP profile; null: not bound yet, nothing is mutated
    system_identifier  bigint      not null, -- pg_control_system(): which cluster
    database           name        not null,
    source             text        not null, -- quoted and schema-qualified relation or function
    source_kind        text        not null check (source_kind in ('relation', 'function')),
    columns            jsonb       not null, -- [{"name": contract, "column": source's, "type": source's}]
    digest_inner       bytea       not null, -- HMAC-SHA-256 (RFC 2104): key xor ipad, 64 bytes
    digest_outer       bytea       not null, -- key xor opad
    difference_text    text,       -- what difference() runs, written by the program
    difference_policy  jsonb,      -- its parameters
    bound_at           timestamptz not null default now()
);
comment on table identity is 'swbridge: which project, space, database and columns this ledger is bound to';

-- SignalWire's object for a person.  It costs money every month.
create table subscriber (
    no              bigint      generated always as identity primary key,
    email           text        not null collate "C" unique check (email = lower(email)),
    id              uuid        unique, -- the outer id; null: not created yet, or not known to be
    origin          text        not null check (origin in ('created', 'adopted')),
    profile_digest  bytea,      -- null: unknown
    sent_fields     text[]      not null default '{}', -- profile fields that were sent with a value; email: one whose PUT is in doubt
    created_at      timestamptz not null default now(),
    updated_at      timestamptz not null default now()
);
comment on table subscriber is 'swbridge: subscribers at SignalWire; only an origin of created is ever deleted';

-- The sync table: one row per mirrored extension.
create table sync (
    key              text        not null collate "C" primary key,
    extension        text        not null,
    username         text        collate "C", -- what the remote side has
    subscriber_no    bigint      references subscriber (no),
    sip_endpoint_id  uuid,
    state            text        not null check (state in ('creating', 'active', 'suspended', 'removing')),
    settings_digest  bytea,      -- of the settings last sent; null: unknown
    secret_digest    bytea,      -- of the secret last sent; null: unknown; empty: one that nobody was told may be there
    tried_digest     bytea,      -- of everything desired when SignalWire rejected it
    sent_fields      text[]      not null default '{}', -- settings that were sent with a value
    protected        boolean     not null default false,
    absent_since     timestamptz,
    attempts         integer     not null default 0,
    next_attempt_at  timestamptz,
    last_error       text,
    created_at       timestamptz not null default now(),
    updated_at       timestamptz not null default now()
);
create index sync_username on sync (username, key);
create index sync_subscriber on sync (subscriber_no);
comment on table sync is 'swbridge: one row per mirrored extension, with the remote ids';

-- One row per extension and decided change, written before its first request.
create table journal (
    id               bigint      generated always as identity primary key,
    key              text        not null collate "C",
    extension        text        not null,
    usernames        text[]      not null default '{}', -- what its attempts may have called the credential
    operation        text        not null
                     check (operation in ('create', 'update', 'replace', 'suspend', 'restore', 'remove')),
    cause            text        not null,
    at               timestamptz not null, -- SignalWire's clock, first attempt since the last certain outcome
    attempts         integer     not null default 1,
    subscriber_no    bigint,      -- of subscriber, whose row may be gone
    settles_at       timestamptz, -- an open intent is left alone until then; null while its holder works on it
    subscriber_id    uuid,
    sip_endpoint_id  uuid,
    outcome          text        check (outcome in ('done', 'rejected', 'foreign', 'not sent', 'failed', 'void')),
    detail           text,
    request_ids      text[]      not null default '{}',
    finished_at      timestamptz
);
-- At most one open intent for a key: changes of one extension never overlap.
create unique index journal_open on journal (key) where outcome is null;
-- A subscriber with an unknown outcome gets no other mutation until it has settled.
create index journal_subscriber on journal (subscriber_no) where outcome is null;
create index journal_key on journal (key, id);
create index journal_at on journal (at);
comment on table journal is 'swbridge: every change, from its intent to its outcome; the rails count its keys';

-- What an operator released from the rails: exactly these keys, until then.
create table approval (
    operation   text        not null check (operation in ('creates', 'removals', 'changes')),
    key         text        not null collate "C",
    expires_at  timestamptz not null,
    primary key (operation, key)
);

-- The switch that psql alone can throw: update control set paused = true.
create table control (
    one         boolean     primary key default true check (one),
    paused      boolean     not null default false,
    changed_at  timestamptz not null default now()
);
insert into control default values;

-- Who mutates.  The advisory lock is the truth, this row is for people.
create table holder (
    one                 boolean     primary key default true check (one),
    verb                text,
    host                text,
    pid                 integer,
    backend_pid         integer,
    since               timestamptz,
    released_at         timestamptz, -- null after a crash
    last_complete_pass  timestamptz
);
insert into holder default values;

-- For people and scripts.
create view mapping as
select s.key,
       s.extension,
       s.username,
       o.email,
       o.id as subscriber_id,
       s.sip_endpoint_id,
       case
           when j.id is not null then 'unknown'
           when s.tried_digest is not null then 'rejected'
           when s.absent_since is not null then 'retiring'
           else s.state
       end as state,
       s.updated_at
  from sync s
  left join subscriber o on o.no = s.subscriber_no
  left join journal j on j.key = s.key and j.outcome is null;
comment on view mapping is 'swbridge: extension to subscriber and SIP endpoint ids';

create view status as
select (select count(*) from mapping where state = 'active')    as active,
       (select count(*) from mapping where state = 'suspended') as suspended,
       (select count(*) from mapping where state = 'creating')  as creating,
       (select count(*) from mapping where state = 'removing')  as removing,
       (select count(*) from mapping where state = 'unknown')   as unknown,
       (select count(*) from mapping where state = 'rejected')  as rejected,
       (select count(*) from mapping where state = 'retiring')  as retiring,
       (select count(*) from subscriber where id is not null)   as subscribers,
       (select paused from control)                             as paused,
       (select last_complete_pass from holder)                  as last_complete_pass;
comment on view status is 'swbridge: counts at a glance';

-- What differs right now, for psql.  Dynamic, so that no catalog entry names
-- a column of the PBX; runs with the caller's rights on the PBX's tables.
create function difference()
returns table (key text, extension text, username text, state text, difference text)
language plpgsql stable
set search_path from current
as $$
declare
    i identity%rowtype;
begin
    select * into strict i from identity;
    if i.difference_text is null then
        raise exception 'swbridge has not written the query of difference() yet'
              using hint = 'Run: swbridge init';
    end if;
    return query execute i.difference_text
        using null::text[], i.digest_inner, i.digest_outer, i.difference_policy,
              'all', null::text, null::bigint;
end
$$;
comment on function difference() is 'swbridge: where the PBX and the ledger disagree';

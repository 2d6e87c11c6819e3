/* test_difference - which rows come out, and what they say, against a real server. */
#include "difference.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "db_world.h"
#include "difference_sql.h"
#include "strbuf.h"

/*
 * Every case starts with three extensions in step, 101 to 103, each with its
 * own subscriber, and a clean journal; then runs its SQL.  The digests of
 * mirror_all() are written down here once more, apart from the code under test.
 */
static const char world_sql[] =
	"create table pbx.users (extension varchar(40) primary key, secret text, enabled boolean, email text,"
	"    username text, caller_id text, codecs text[], first_name text, skip_reason text, protected boolean, secret_hash text);"
	"create function hmac(t text) returns bytea language sql as"
	"    $$ select sha256('\\x0202'::bytea || sha256('\\x0101'::bytea || convert_to(t, 'UTF8'))) $$;"
	"create function mirror_all() returns void language sql as $$"
	"    insert into subscriber (email, id, origin, profile_digest)"
	"    select distinct on (1) coalesce(lower(email), extension || '@pbx.example'), gen_random_uuid(), 'created',"
	"           hmac('first_name=' || char_length(first_name) || ':' || first_name)"
	"      from pbx.users order by 1, extension on conflict do nothing;"
	"    insert into sync (key, extension, username, subscriber_no, sip_endpoint_id, state, settings_digest, secret_digest, protected)"
	"    select extension, extension, coalesce(u.username, extension),"
	"           (select no from subscriber where email = coalesce(lower(u.email), extension || '@pbx.example')),"
	"           gen_random_uuid(), 'active',"
	"           hmac(coalesce('caller_id=' || char_length(caller_id) || ':' || caller_id, '')"
	"                || coalesce('codecs=' || char_length(array_to_string(codecs, ',')) || ':' || array_to_string(codecs, ','), '')),"
	"           hmac(secret), coalesce(protected, false)"
	"      from pbx.users u on conflict do nothing $$;"
	"create function reset() returns void language sql as $$"
	"    truncate sync, subscriber, journal, approval, pbx.users restart identity;"
	"    update control set paused = false;"
	"    insert into pbx.users (extension, secret, caller_id, first_name)"
	"    select n, 'secret-' || n, 'Phone ' || n, 'F' || n from generate_series(101, 103) n;"
	"    select mirror_all() $$;";

struct test {
	struct world *world;
	struct config config;
	struct source *source;
	struct difference_query *query;
	struct difference_totals totals;
	struct strbuf seen;
	int rows;
	char *cursor;
};

/* Several statements in one text: a DO block is the only way that takes no parameters and no splitting. */
static void run_sql(struct db *db, const char *text)
{
	char *block = mem_printf("do $do$ begin %s end $do$", text);

	sql(db, block);
	mem_free(block);
}

static void load_ledger(struct db *db)
{
	const char *root = getenv("SRCDIR");
	char *path = mem_printf("%s/sql/001-ledger.sql", root ? root : ".");
	FILE *file = fopen(path, "r");
	struct strbuf text = STRBUF_INIT, statement = STRBUF_INIT;
	char line[512];
	bool quoted = false;

	assert_non_null(file);
	while (fgets(line, sizeof line, file)) {
		size_t len = strlen(line);

		if (strncmp(line, "--", 2) == 0)
			continue;
		strbuf_puts(&statement, line);
		for (const char *at = line; (at = strstr(at, "$$")); at += 2)
			quoted = !quoted;
		if (!quoted && len > 1 && line[len - 2] == ';') {
			sql(db, statement.data);
			strbuf_truncate(&statement, 0);
		}
	}
	fclose(file);
	strbuf_release(&statement);
	strbuf_release(&text);
	mem_free(path);
}

static void make_query(struct test *test)
{
	struct error err = ERROR_INIT;

	difference_query_free(test->query);
	test->query = NULL;
	source_free(test->source);
	test->source = NULL;
	if (source_discover(test->world->db, &test->config, &test->source, &err))
		fail_msg("%s", error_text(&err));
	assert_return_code(difference_query_new(test->world->db, test->source, &test->config, "\\x0101", "\\x0202",
						&test->query, &err), 0);
}

static int setup(void **state)
{
	struct test *test = mem_alloc(sizeof *test);

	assert_int_equal(world_setup((void **)&test->world), 0);
	test->config = (struct config){
		.source = (char[]){ "pbx.users" }, .on_remove = CONFIG_SUSPEND, .grace_ms = 3600000,
		.subscriber_domain = (char[]){ "pbx.example" },
	};
	test->config.source = mem_strdup("pbx.users");
	test->config.subscriber_domain = mem_strdup("pbx.example");
	test->config.issue_secrets = true;
	strbuf_init(&test->seen);
	sql(test->world->db, "drop schema if exists swb, pbx cascade");
	sql(test->world->db, "create schema swb");
	sql(test->world->db, "create schema pbx");
	sql(test->world->db, "set search_path = swb");
	load_ledger(test->world->db);
	run_sql(test->world->db, "execute $x$ select 1 $x$;");
	for (const char *at = world_sql; *at;) {
		const char *end = strstr(at, ";create") ? strstr(at, ";create") : at + strlen(at) - 1;
		char *one = mem_strndup(at, (size_t)(end - at));

		sql(test->world->db, one);
		mem_free(one);
		at = end + 1;
	}
	sql(test->world->db, "select reset()");
	make_query(test);
	*state = test;
	return 0;
}

static int teardown(void **state)
{
	struct test *test = *state;

	difference_query_free(test->query);
	source_free(test->source);
	mem_free(test->config.source);
	mem_free(test->config.subscriber_domain);
	strbuf_release(&test->seen);
	mem_free(test->cursor);
	world_teardown((void **)&test->world);
	mem_free(test);
	return 0;
}

static void say(struct strbuf *out, bool when, const char *what)
{
	if (when)
		strbuf_printf(out, " %s", what);
}

static void say_value(struct strbuf *out, const char *name, const char *value)
{
	if (value)
		strbuf_printf(out, " %s=%s", name, value);
}

static bool differ(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) != 0 : a != b;
}

/* What is remarkable about a row, as words; a row in step says its key and `same`. */
/* What may stand before its change. */
static void say_held(struct strbuf *out, const struct difference *d)
{
	static const char *const operations[] = { "none", "create", "update", "replace", "suspend", "restore", "remove" };
	static const char *const holders[] = { "", "absent", "disabled", "moves", "keeps" };

	if (d->intent != OPERATION_NONE)
		strbuf_printf(out, " intent=%s%s", operations[d->intent], d->intent_settled ? "(settled)" : "");
	if (d->holder != HOLDER_NONE)
		strbuf_printf(out, " %s:%s%s", holders[d->holder], d->holder_key, d->holder_protected ? "(protected)" : "");
	if (d->counted)
		strbuf_printf(out, " counted=%u", d->counted);
	if (d->approved)
		strbuf_printf(out, " approved=%u", d->approved);
}

static void describe(const struct difference *d, void *arg)
{
	static const char *const states[] = { "none", "creating", "active", "suspended", "removing" };
	struct test *test = arg;
	struct strbuf *out = &test->seen;

	test->rows++;
	mem_free(test->cursor);
	test->cursor = mem_strdup(d->cursor);
	if (out->len)
		strbuf_puts(out, "; ");
	strbuf_puts(out, d->key);
	if (d->orphan) {
		say(out, true, "orphan");
		say_held(out, d);
		return;
	}
	say(out, !d->present, "absent");
	say(out, d->present && !d->enabled, "disabled");
	if (d->state != STATE_ACTIVE)
		strbuf_printf(out, " %s", states[d->state]);
	say_value(out, "problem", d->problem);
	say_value(out, "namesake", d->namesake);
	say_value(out, "skip", d->skip_reason);
	if (d->present && d->enabled && !d->skip_reason && !d->problem && d->state != STATE_NONE) {
		say(out, differ(d->username, d->ledger_username), "username");
		say(out, differ(d->settings_digest, d->ledger_settings_digest), "settings");
		say(out, differ(d->secret_digest, d->ledger_secret_digest), "secret");
		say(out, d->ledger_secret_digest && !*d->ledger_secret_digest, "unshown");
		say(out, d->hashed && !d->secret, "hashed");
		say(out, d->profile_speaks && differ(d->profile_digest, d->owner_profile_digest), "profile");
		say(out, !d->owner_id, "ownerless");
		say(out, !d->sip_endpoint_id, "idless");
		say(out, differ(d->extension, d->ledger_extension), "renumbered");
		say(out, d->email_given && differ(d->email, d->owner_email), "owner");
		say(out, d->tried_digest && !differ(d->tried_digest, d->desired_digest), "rejected");
	}
	say(out, d->present && d->is_protected != d->wants_protection, "protection");
	say(out, d->absent_noted, "noted");
	say(out, d->absence_due, "due");
	say(out, d->not_yet, "not-yet");
	say(out, d->owner_moves_whole, "whole");
	say_value(out, "wanted-owner", d->wanted_owner_no);
	say_held(out, d);
}

static void begin(struct test *test)
{
	strbuf_truncate(&test->seen, 0);
	test->rows = 0;
}

static const char *page(struct test *test, enum difference_walk walk, const char *after, int64_t limit)
{
	struct error err = ERROR_INIT;
	char *copy = mem_strdup(after);

	begin(test);
	if (difference_page(test->query, test->world->db, walk, copy, limit, &test->totals, describe, test, &err))
		fail_msg("%s", error_text(&err));
	mem_free(copy);
	return test->seen.data;
}

static const char *by_keys(struct test *test, const char *key)
{
	struct error err = ERROR_INIT;
	bool paused = true;

	begin(test);
	if (difference_keys(test->query, test->world->db, &key, 1, &paused, describe, test, &err))
		fail_msg("%s", error_text(&err));
	assert_false(paused);
	return test->seen.data;
}

/* What is done to the world, and what the two walks say then. */
static const struct {
	const char *sql;
	const char *change;
	const char *remove;
} cases[] = {
	{ "", "", "" },
	{ "insert into pbx.users values ('104', 'x')", "104 none", "" },
	{ "update pbx.users set secret = 'y' where extension = '102'", "102 secret", "" },
	{ "update pbx.users set caller_id = 'z' where extension = '102'", "102 settings", "" },
	{ "update pbx.users set caller_id = null where extension = '102'", "102 settings", "" },
	{ "update pbx.users set codecs = '{ulaw,alaw}' where extension = '102'", "102 settings", "" },
	{ "update pbx.users set codecs = '{}' where extension = '102'", "", "" },
	{ "update pbx.users set first_name = 'z' where extension = '102'", "102 profile", "" },
	{ "update pbx.users set first_name = null where extension = '102'", "102 profile", "" },
	{ "update pbx.users set username = 'z' where extension = '102'", "102 username", "" },
	{ "update sync set extension = '9' where key = '102'", "102 renumbered", "" },
	{ "update sync set sip_endpoint_id = null where key = '102'", "102 idless", "" },
	{ "update sync set settings_digest = null where key = '102'", "102 settings", "" },
	{ "update sync set secret_digest = null where key = '102'", "102 secret", "" },
	{ "update sync set subscriber_no = null where key = '102'; delete from subscriber where email like '102%'",
	  "102 profile ownerless", "" },
	{ "update subscriber set id = null where email like '102%'", "102 ownerless", "" },
	{ "update subscriber set profile_digest = null where email like '102%'", "102 profile", "" },
	{ "update sync set state = 'suspended' where key = '102'", "102 suspended", "" },
	{ "update sync set state = 'creating' where key = '102'", "102 creating", "" },
	{ "update sync set state = 'removing' where key = '102'", "102 removing", "" },
	{ "update sync set absent_since = now() where key = '102'", "102 noted", "" },
	{ "update pbx.users set protected = true where extension = '102'", "102 protection", "" },
	/* problems and skips */
	{ "update pbx.users set username = '101' where extension = '102'",
	  "101 problem=duplicate_username namesake=102; 102 problem=duplicate_username namesake=101", "" },
	{ "update pbx.users set username = '101' where extension = '102'; update pbx.users set enabled = false where extension = '101'",
	  "102 username disabled:101", "101 disabled" },
	{ "update pbx.users set username = '101' where extension = '102'; update pbx.users set secret = '' where extension = '101'",
	  "102 username keeps:101", "" },
	/* a name that an attempt of unknown outcome may have given to one that wants another by now; to one that does not */
	{ "insert into journal (key, extension, operation, cause, at, usernames) values ('101', '101', 'update', 't', now() - interval '2 d', '{199}');"
	  "update pbx.users set username = '102' where extension = '101'; update pbx.users set username = '199' where extension = '102'",
	  "101 username intent=update moves:102; 102 username moves:101", "" },
	{ "insert into journal (key, extension, operation, cause, at, usernames) values ('101', '101', 'update', 't', now() - interval '2 d', '{199}');"
	  "update pbx.users set enabled = false where extension = '101'; update pbx.users set username = '199' where extension = '102'",
	  "102 username", "101 disabled intent=update" },
	{ "update pbx.users set secret = null where extension = '102'", "", "" },
	/* only a hash of the secret: the hash is compared, and never said */
	{ "update pbx.users set secret = null, secret_hash = 'h' where extension = '102'", "102 secret hashed", "" },
	{ "update pbx.users set secret = null, secret_hash = 'h' where extension = '102';"
	  "update sync set secret_digest = hmac(E'\\x01hash h') where key = '102'", "", "" },
	{ "update pbx.users set secret = null, secret_hash = 'h2' where extension = '102';"
	  "update sync set secret_digest = hmac(E'\\x01hash h') where key = '102'", "102 secret hashed", "" },
	{ "update pbx.users set secret = null, secret_hash = 'h' where extension = '102'; update sync set secret_digest = '' where key = '102'",
	  "102 secret unshown hashed", "" },
	{ "update pbx.users set secret_hash = 'h' where extension = '102'", "", "" },
	{ "update pbx.users set secret = null, secret_hash = '' where extension = '102'", "", "" },
	{ "update sync set secret_digest = '' where key = '102'", "102 secret unshown", "" },
	{ "update pbx.users set skip_reason = 'virtual', secret = 'other' where extension = '102'", "", "" },
	{ "update pbx.users set skip_reason = 'virtual' where extension = '102'; update sync set absent_since = now()",
	  "101 noted; 102 skip=virtual noted; 103 noted", "" },
	{ "update pbx.users set skip_reason = 'virtual' where extension = '102';"
	  "insert into journal (key, extension, operation, cause, at) values ('102', '102', 'update', 't', now() - interval '2 days')",
	  "102 skip=virtual intent=update", "" },
	/* disabled */
	{ "update pbx.users set enabled = false where extension = '102'", "", "102 disabled" },
	{ "update pbx.users set enabled = false where extension = '102'; update sync set state = 'suspended' where key = '102'", "", "" },
	{ "update pbx.users set enabled = false, protected = true where extension = '102'; update sync set protected = true where key = '102'",
	  "", "" },
	{ "insert into pbx.users (extension, secret, enabled) values ('104', 'x', false)", "", "" },
	/* absent */
	{ "delete from pbx.users where extension = '102'", "102 absent", "" },
	{ "delete from pbx.users where extension = '102'; update sync set absent_since = now() - interval '59 min' where key = '102'", "", "" },
	{ "delete from pbx.users where extension = '102'; update sync set absent_since = now() - interval '61 min' where key = '102'",
	  "", "102 absent noted due" },
	{ "delete from pbx.users where extension = '102';"
	  "update sync set absent_since = now() - interval '61 min', protected = true where key = '102'", "", "" },
	{ "delete from pbx.users where extension = '102';"
	  "update sync set absent_since = now() - interval '61 min', state = 'suspended' where key = '102'", "", "" },
	/* rejected */
	{ "update pbx.users set secret = 'y' where extension = '102';"
	  "update sync set tried_digest = hmac('username=3:102settings=21:caller_id=9:Phone 102secret=1:yprofile=17:first_name=4:F102')"
	  " where key = '102'", "", "" },
	{ "update pbx.users set secret = 'zz' where extension = '102';"
	  "update sync set tried_digest = hmac('username=3:102settings=21:caller_id=9:Phone 102secret=1:yprofile=17:first_name=4:F102')"
	  " where key = '102'", "102 secret", "" },
	{ "update pbx.users set secret = 'y' where extension = '102'; update sync set absent_since = now(), "
	  "tried_digest = hmac('username=3:102settings=21:caller_id=9:Phone 102secret=1:yprofile=17:first_name=4:F102')"
	  " where key = '102'", "102 secret rejected noted", "" },
	/* intents */
	{ "insert into journal (key, extension, operation, cause, at) values ('102', '102', 'replace', 't', now())",
	  "102 intent=replace counted=3", "" },
	{ "insert into journal (key, extension, operation, cause, at, settles_at)"
	  " values ('102', '102', 'create', 't', now(), now() - interval '1 s')", "102 intent=create(settled) counted=1", "" },
	{ "insert into journal (key, extension, operation, cause, at, settles_at)"
	  " values ('102', '102', 'create', 't', now(), now() + interval '9 s')", "102 intent=create counted=1", "" },
	{ "insert into journal (key, extension, operation, cause, at, outcome) values ('102', '102', 'create', 't', now(), 'done')", "", "" },
	/* holders */
	{ "insert into pbx.users (extension, secret, username) values ('104', 'x', '101'); delete from pbx.users where extension = '101'",
	  "101 absent; 104 none absent:101", "" },
	{ "update pbx.users set username = case extension when '101' then '102' else '101' end where extension in ('101', '102')",
	  "101 username moves:102; 102 username moves:101", "" },
	{ "update sync set username = '103' where key = '102'; update pbx.users set username = '9' where extension = '102';"
	  "update sync set username = '101b' where key = '103'", "102 username; 103 username moves:102", "" },
	{ "insert into pbx.users (extension, secret, username) values ('104', 'x', '101'); delete from pbx.users where extension = '101';"
	  "update sync set protected = true where key = '101'", "101 absent; 104 none absent:101(protected)", "" },
	{ "insert into pbx.users (extension, secret, username) values ('104', 'x', '102'); update pbx.users set enabled = false,"
	  " protected = true where extension = '102'; update sync set protected = true where key = '102'",
	  "104 none disabled:102(protected)", "" },
	{ "insert into pbx.users (extension, secret, username) values ('104', 'x', '102'); update pbx.users set enabled = false"
	  " where extension = '102'; update sync set protected = true where key = '102'",
	  "104 none disabled:102", "102 disabled protection" },
	/* owners */
	{ "update pbx.users set email = 'A@x.org' where extension = '102'", "102 owner whole", "" },
	{ "update pbx.users set email = '103@pbx.example ' where extension = '102'", "102 owner wanted-owner=3", "" },
	{ "update pbx.users set email = 'a@x'; delete from sync; delete from subscriber; perform mirror_all();"
	  "update pbx.users set email = 'b@x'; delete from pbx.users where extension = '103';"
	  "update sync set absent_since = now() where key = '103'", "101 owner; 102 owner", "" },
	{ "insert into subscriber (email, id, origin) values ('gone@x.org', gen_random_uuid(), 'created')", "", "gone@x.org orphan" },
	{ "insert into subscriber (email, id, origin) values ('104@pbx.example', gen_random_uuid(), 'created');"
	  "insert into pbx.users (extension, secret) values ('104', 'x')", "104 none wanted-owner=4", "" },
	{ "insert into subscriber (email, id, origin) values ('gone@x.org', '11111111-1111-1111-1111-111111111111', 'created');"
	  "insert into journal (key, extension, operation, cause, at, subscriber_id)"
	  " values ('x', 'x', 'remove', 't', now(), '11111111-1111-1111-1111-111111111111')", "", "" },
	{ "insert into subscriber (email, id, origin) values ('gone@x.org', '11111111-1111-1111-1111-111111111111', 'created');"
	  "insert into journal (key, extension, operation, cause, at, settles_at, subscriber_no, subscriber_id)"
	  " select email, email, 'remove', 't', now(), now() - interval '1 s', no, id from subscriber where email = 'gone@x.org';"
	  "insert into approval values ('removals', 'gone@x.org', now() + interval '1 h')",
	  "", "gone@x.org orphan intent=remove(settled) counted=2 approved=2" },
	/* attempts and rails */
	{ "update pbx.users set secret = 'y' where extension = '102'; update sync set next_attempt_at = now() + interval '1 h'",
	  "102 secret not-yet", "" },
	{ "update pbx.users set secret = 'y' where extension = '102';"
	  "insert into journal (key, extension, operation, cause, at, outcome) values"
	  " ('102', '', 'create', 't', now() - interval '25 h', 'done'), ('102', '', 'update', 't', now() - interval '23 h', 'done'),"
	  " ('102', '', 'remove', 't', now(), 'rejected'), ('102', '', 'remove', 't', now(), 'foreign'),"
	  " ('102', '', 'remove', 't', now(), 'not sent'), ('102', '', 'remove', 't', now(), 'void');"
	  "insert into approval values ('creates', '102', now() + interval '1 h'), ('removals', '102', now() - interval '1 h'),"
	  " ('changes', '103', now() + interval '1 h')", "102 secret counted=4 approved=1", "" },
};

static void walks(void **state)
{
	struct test *test = *state;
	int failed = 0;

	for (size_t i = 0; i < COUNT(cases); i++) {
		const char *change = NULL, *removal = NULL;
		char *text = mem_printf("perform reset(); %s%s", cases[i].sql, *cases[i].sql ? ";" : "");
		char *both = NULL;

		run_sql(test->world->db, text);
		change = page(test, WALK_CHANGE, NULL, 100);
		both = mem_strdup(change);
		removal = page(test, WALK_REMOVE, NULL, 100);
		if (strcmp(both, cases[i].change) != 0 || strcmp(removal, cases[i].remove) != 0) {
			print_error("%s\n  change: %s\n  wanted: %s\n  remove: %s\n  wanted: %s\n", cases[i].sql, both,
				    cases[i].change, removal, cases[i].remove);
			failed++;
		}
		mem_free(both);
		mem_free(text);
	}
	assert_int_equal(failed, 0);
}

/* Key by key: what is near is read too, what is absent is not told. */
static const struct {
	const char *sql;
	const char *key;
	const char *seen;
} keyed[] = {
	{ "", "102", "" },
	{ "", "nobody", "" },
	{ "update pbx.users set secret = 'y'", "102", "102 secret" },
	{ "delete from pbx.users where extension = '102'", "102", "" },
	{ "update pbx.users set enabled = false where extension = '102'", "102", "102 disabled" },
	{ "update sync set absent_since = now() where key = '102'", "102", "102 noted" },
	{ "insert into pbx.users (extension, secret, username) values ('104', 'x', '101'); delete from pbx.users where extension = '101'",
	  "104", "104 none absent:101" },
	{ "insert into pbx.users (extension, secret, username) values ('104', 'x', '101')", "104",
	  "101 problem=duplicate_username namesake=104; 104 none problem=duplicate_username namesake=101" },
	{ "update pbx.users set username = case extension when '101' then '102' else '101' end where extension in ('101', '102')",
	  "101", "101 username moves:102; 102 username moves:101" },
	/* who else in the source wants the name is seen where a row is about to get it, and only then */
	{ "insert into pbx.users (extension, secret, username) values ('104', 'x', 'twin'), ('105', 'x', 'twin')", "104",
	  "104 none problem=duplicate_username namesake=105; 105 none problem=duplicate_username namesake=104" },
	{ "insert into pbx.users (extension, secret, username) values ('105', 'x', 'twin');"
	  "update pbx.users set username = 'twin' where extension = '101'", "101",
	  "101 problem=duplicate_username namesake=105; 105 none problem=duplicate_username namesake=101" },
	{ "insert into pbx.users (extension, secret, username) select n::text, 'x', 'twin' from generate_series(104, 109) n", "105",
	  "104 none problem=duplicate_username namesake=109; 105 none problem=duplicate_username namesake=104; "
	  "109 none problem=duplicate_username namesake=104" },
	{ "insert into pbx.users (extension, secret, username, enabled) values ('104', 'x', 'twin', true), ('105', 'x', 'twin', false),"
	  " ('106', '', 'twin', true)", "104", "104 none" },
	{ "insert into pbx.users (extension, secret, username) values ('104', 'x', '102'); update pbx.users set secret = 'y'", "102",
	  "102 secret" },
	/* a ring of three: the third is not read together with the first, and yet not taken for absent */
	{ "update pbx.users set username = case extension when '101' then '102' when '102' then '103' else '101' end",
	  "101", "101 username moves:102; 102 username moves:103" },
	/* brothers and sisters of one subscriber */
	{ "update pbx.users set email = 'A@x'; delete from sync; delete from subscriber; perform mirror_all();"
	  "update pbx.users set first_name = 'new' where extension = '101'", "102", "101 profile" },
	{ "update pbx.users set email = 'A@x'; delete from sync; delete from subscriber; perform mirror_all();"
	  "update pbx.users set email = 'b@x'", "102", "101 owner whole; 102 owner whole; 103 owner whole" },
	{ "update pbx.users set email = 'A@x'; delete from sync; delete from subscriber; perform mirror_all();"
	  "update pbx.users set email = 'b@x' where extension <> '103'", "102", "101 owner; 102 owner; 103 profile" },
};

static void keys(void **state)
{
	struct test *test = *state;
	int failed = 0;

	for (size_t i = 0; i < COUNT(keyed); i++) {
		char *text = mem_printf("perform reset(); %s%s", keyed[i].sql, *keyed[i].sql ? ";" : "");
		const char *seen = NULL;

		run_sql(test->world->db, text);
		seen = by_keys(test, keyed[i].key);
		if (strcmp(seen, keyed[i].seen) != 0) {
			print_error("%s\n  %s: %s\n  wanted: %s\n", keyed[i].sql, keyed[i].key, seen, keyed[i].seen);
			failed++;
		}
		mem_free(text);
	}
	assert_int_equal(failed, 0);
}

/* Who shares an e-mail: the smallest wanted key speaks; the others' profiles are no difference. */
static void shared_subscriber(void **state)
{
	struct test *test = *state;

	run_sql(test->world->db, "perform reset(); update pbx.users set email = 'A@x'; delete from sync; delete from subscriber;"
				 "perform mirror_all();");
	assert_string_equal(page(test, WALK_ALL, NULL, 100), "");
	run_sql(test->world->db, "update pbx.users set first_name = 'other' where extension <> '101';");
	assert_string_equal(page(test, WALK_ALL, NULL, 100), "");
	run_sql(test->world->db, "update pbx.users set enabled = false where extension = '101';"
				 "update sync set state = 'suspended' where key = '101';");
	assert_string_equal(page(test, WALK_ALL, NULL, 100), "102 profile");

	/* Shared by adoption, without an e-mail in the source: the smallest key of the ledger. */
	run_sql(test->world->db, "perform reset(); update sync set subscriber_no = 1; delete from subscriber where no > 1;");
	assert_string_equal(page(test, WALK_ALL, NULL, 100), "");
}

static void on_remove(void **state)
{
	static const struct {
		enum config_on_remove on_remove;
		int64_t grace_ms;
		const char *state;
		const char *disabled; /* 102 is disabled in the source */
		const char *absent;   /* 102 is gone, and has been noted */
	} rows[] = {
		{ CONFIG_DELETE, 0, "active", "102 disabled", "102 absent noted due" },
		{ CONFIG_DELETE, 0, "suspended", "102 disabled suspended", "102 absent suspended noted due" },
		{ CONFIG_SUSPEND, 0, "active", "102 disabled", "102 absent noted due" },
		{ CONFIG_SUSPEND, 0, "suspended", "", "" },
		{ CONFIG_KEEP, 0, "active", "", "" },
		{ CONFIG_KEEP, 0, "removing", "102 disabled removing", "" },
		{ CONFIG_ON_REMOVE_UNSET, 0, "active", "", "" },
		{ CONFIG_DELETE, 1500, "active", "102 disabled", "" },
	};
	struct test *test = *state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		char *text = mem_printf("perform reset(); update sync set state = '%s' where key = '102';"
					"update pbx.users set enabled = false where extension = '102';", rows[i].state);

		test->config.on_remove = rows[i].on_remove;
		test->config.grace_ms = rows[i].grace_ms;
		make_query(test);
		run_sql(test->world->db, text);
		assert_string_equal(page(test, WALK_REMOVE, NULL, 100), rows[i].disabled);
		assert_string_equal(page(test, WALK_CHANGE, NULL, 100), "");
		run_sql(test->world->db, "delete from pbx.users where extension = '102'; update sync set absent_since = now() where key = '102';");
		assert_string_equal(page(test, WALK_REMOVE, NULL, 100), rows[i].absent);
		assert_string_equal(page(test, WALK_CHANGE, NULL, 100), "");
		mem_free(text);
	}
	/* Without grace the pass that first misses a row already removes it; what is kept is noted only. */
	test->config.on_remove = CONFIG_DELETE;
	test->config.grace_ms = 0;
	make_query(test);
	run_sql(test->world->db, "perform reset(); delete from pbx.users where extension = '102';");
	assert_string_equal(page(test, WALK_REMOVE, NULL, 100), "102 absent due");
	test->config.on_remove = CONFIG_KEEP;
	make_query(test);
	assert_string_equal(page(test, WALK_REMOVE, NULL, 100), "");
	assert_string_equal(page(test, WALK_CHANGE, NULL, 100), "102 absent due");
}

/* One subscriber for all: no e-mail, no profile, and it is never an orphan. */
static void fixed_subscriber(void **state)
{
	struct test *test = *state;

	run_sql(test->world->db,
		"perform reset(); update subscriber set id = '11111111-1111-1111-1111-111111111111' where no = 1;"
		"update sync set subscriber_no = 1; delete from subscriber where no > 1; update pbx.users set email = 'a@x', first_name = 'z';");
	test->config.subscriber_id = mem_strdup("11111111-1111-1111-1111-111111111111");
	make_query(test);
	assert_string_equal(page(test, WALK_ALL, NULL, 100), "");
	run_sql(test->world->db, "delete from sync;");
	assert_string_equal(page(test, WALK_ALL, NULL, 100), "101 none; 102 none; 103 none");
	mem_free(test->config.subscriber_id);
	test->config.subscriber_id = NULL;
}

/* Standalone credentials: no owner, and nothing of e-mail or profile; handlers count, and only there. */
static void standalone(void **state)
{
	struct test *test = *state;

	test->config.target = CONFIG_SIP_ENDPOINT;
	make_query(test);
	run_sql(test->world->db, "perform reset(); update sync set subscriber_no = null; delete from subscriber;");
	assert_string_equal(page(test, WALK_ALL, NULL, 100), "");
	assert_int_equal(test->totals.unchanged, 3);
	run_sql(test->world->db, "update pbx.users set email = 'a@x', first_name = 'z';");
	assert_string_equal(page(test, WALK_ALL, NULL, 100), "");
	assert_int_equal(test->totals.unchanged, 3);
	run_sql(test->world->db, "update sync set sip_endpoint_id = null where key = '101';"
				 "update sync set username = 'other' where key = '102';"
				 "delete from sync where key = '103';");
	assert_string_equal(page(test, WALK_ALL, NULL, 100), "101 ownerless idless; 102 username ownerless; 103 none");
	assert_int_equal(test->totals.unchanged, 0);
	test->config.target = CONFIG_SUBSCRIBER;
}

static void pages(void **state)
{
	struct test *test = *state;
	struct strbuf all = STRBUF_INIT;
	char *after = NULL;

	run_sql(test->world->db, "perform reset(); update pbx.users set enabled = false;"
				 "insert into subscriber (email, id, origin) values ('a@x', gen_random_uuid(), 'created'),"
				 " ('0@x', gen_random_uuid(), 'created'), ('zz@x', gen_random_uuid(), 'created');");
	do {
		page(test, WALK_REMOVE, after, 2);
		strbuf_printf(&all, "[%s]", test->seen.data);
		mem_free(after);
		after = mem_strdup(test->cursor);
	} while (test->rows == 2);
	assert_string_equal(all.data, "[101 disabled; 102 disabled][103 disabled; 0@x orphan][a@x orphan; zz@x orphan][]");
	assert_int_equal(test->totals.removals, 6);
	assert_int_equal(test->totals.differences, 6);
	mem_free(after);
	strbuf_release(&all);
}

static void totals(void **state)
{
	struct test *test = *state;
	struct error err = ERROR_INIT;
	struct difference_totals t = { 0 };

	run_sql(test->world->db,
		"perform reset();"
		"insert into pbx.users (extension, secret, enabled, skip_reason, username) values ('104', 'x', true, null, null),"
		" ('105', null, true, null, null), ('106', 'x', true, 'virtual', null), ('107', null, false, null, null),"
		" ('108', 'x', true, null, 'same'), ('109', 'x', true, null, 'same');"
		"insert into pbx.users (extension, secret_hash, enabled) values ('110', 'h', true), ('111', 'h', false);"
		"delete from pbx.users where extension = '101'; update sync set absent_since = now() where key = '101';"
		"update sync set tried_digest = hmac('username=3:102settings=21:caller_id=9:Phone 102secret=3:newprofile=17:first_name=4:F102')"
		" where key = '102';"
		"update pbx.users set secret = 'new' where extension = '102';"
		"insert into journal (key, extension, operation, cause, at, outcome) values"
		" ('1', '', 'create', 't', now(), 'done'), ('1', '', 'create', 't', now(), 'failed'), ('2', '', 'replace', 't', now(), 'done'),"
		" ('3', '', 'remove', 't', now(), 'done'), ('103', '', 'remove', 't', now(), 'done'), ('4', '', 'suspend', 't', now(), null),"
		" ('5', '', 'update', 't', now(), 'done'), ('6', '', 'restore', 't', now(), null), ('7', '', 'update', 't', now(), 'rejected');"
		"update control set paused = true;");
	if (difference_totals(test->query, test->world->db, &t, &err))
		fail_msg("%s", error_text(&err));
	assert_int_equal(t.source_rows, 10);
	assert_int_equal(t.mirrored, 4); /* 102, 103, 104, 110 */
	assert_int_equal(t.skipped, 2);
	assert_int_equal(t.without_secret, 1);
	assert_int_equal(t.hashed, 1); /* 110 */
	assert_int_equal(t.rejected, 1);
	assert_int_equal(t.retiring, 1);
	assert_int_equal(t.leaving, 1);
	assert_true(t.leaving_ms > (int64_t)time(NULL) * 1000);
	assert_int_equal(t.unchanged, 1); /* 103; 107 and 111 are disabled, and nothing is there of them */
	assert_int_equal(t.differences, 4); /* 104, 108, 109, 110 */
	assert_int_equal(t.removals, 0);
	assert_int_equal(t.active_ids, 3);
	assert_int_equal(t.removed_in_window, 1);
	assert_int_equal(t.counted_creates, 2);
	assert_int_equal(t.counted_removals, 4);
	assert_int_equal(t.counted_changes, 2);
	assert_int_equal(t.unknown, 2);
	assert_true(t.paused);

	/* Without the source: what is of the ledger is the same. */
	t.source_rows = 9;
	t.active_ids = t.counted_removals = 0;
	if (difference_ledger_totals(test->query, test->world->db, &t, &err))
		fail_msg("%s", error_text(&err));
	assert_int_equal(t.source_rows, 0);
	assert_int_equal(t.active_ids, 3);
	assert_int_equal(t.removed_in_window, 1);
	assert_int_equal(t.counted_creates, 2);
	assert_int_equal(t.counted_removals, 4);
	assert_int_equal(t.counted_changes, 2);
	assert_int_equal(t.unknown, 2);
	assert_true(t.paused);
}

static void explained(const struct difference *difference, bool in_step, void *arg)
{
	struct test *test = arg;

	describe(difference, arg);
	strbuf_puts(&test->seen, in_step ? " (in step)" : " (not)");
}

static void found(const char *name, const char *key, const char *extension, void *arg)
{
	struct test *test = arg;

	strbuf_printf(&test->seen, "%s->%s (%s) ", name, key, extension);
}

static void explain_and_find(void **state)
{
	struct test *test = *state;
	struct error err = ERROR_INIT;
	const char *names[] = { "101", "103", "q\"\\{,", "nobody", "key=102" };

	run_sql(test->world->db, "perform reset(); update pbx.users set secret = 'y' where extension = '102';"
				 "delete from pbx.users where extension = '103'; insert into pbx.users values ('q\"\\{,', 'x');");
	begin(test);
	assert_return_code(difference_explain(test->query, test->world->db, "101", explained, test, &err), 0);
	assert_return_code(difference_explain(test->query, test->world->db, "102", explained, test, &err), 0);
	assert_return_code(difference_explain(test->query, test->world->db, "103", explained, test, &err), 0);
	assert_return_code(difference_explain(test->query, test->world->db, "nobody", explained, test, &err), 0);
	assert_string_equal(test->seen.data, "101 (in step); 102 secret (not); 103 absent (not)");
	begin(test);
	assert_return_code(difference_find(test->query, test->world->db, names, COUNT(names), found, test, &err), 0);
	assert_string_equal(test->seen.data, "101->101 (101) 103->103 (103) key=102->102 (102) q\"\\{,->q\"\\{, (q\"\\{,) ");
}

static void still_wanted(void **state)
{
	struct test *test = *state;
	const char *params[] = { "{101,102,103,104}", NULL, NULL, difference_policy(test->query) };
	struct db_result *result = NULL;
	struct error err = ERROR_INIT;

	run_sql(test->world->db, "perform reset(); update pbx.users set enabled = false where extension = '102';"
				 "update pbx.users set secret = null where extension = '103';");
	if (db_query_wait(test->world->db, difference_still_wanted_sql(test->query), params, 4, &result, &err))
		fail_msg("%s", error_text(&err));
	assert_int_equal(db_result_rows(result), 2);
	assert_string_equal(db_result_get(result, 0, 0), "101");
	assert_string_equal(db_result_get(result, 1, 0), "103"); /* there, if not mirrorable: not to be removed */
	db_result_free(result);
}

/* The function of psql runs the same text with the same parameters. */
static void function(void **state)
{
	struct test *test = *state;
	char *text = difference_function_text(test->world->db, test->source, &test->config);
	const char *params[] = { text, difference_policy(test->query) };
	struct error err = ERROR_INIT;

	run_sql(test->world->db, "perform reset(); update pbx.users set secret = 'y', username = 'u' where extension = '102';"
				 "delete from pbx.users where extension = '103';");
	if (db_query_wait(test->world->db,
			  "insert into identity (schema_version, project_id, api_url, system_identifier, database, source, source_kind,"
			  " columns, digest_inner, digest_outer, difference_text, difference_policy)"
			  " values (1, 'p', 'u', 1, 'd', 's', 'relation', '[]', '\\x0101', '\\x0202', $1, $2::jsonb)",
			  params, 2, NULL, &err))
		fail_msg("%s", error_text(&err));
	expect_answer(test->world->db,
		      "select string_agg(concat_ws('|', key, extension, username, state, difference), '; ') from difference()",
		      "102|102|u|active|username, secret; 103|103|103|active|gone from the PBX, not noted yet");
	free(text);
}

/* 100,000 rows: keys are found by the index of their column, whatever its type and collation. */
static void index_is_used(void **state)
{
	static const char *const types[] = { "text", "varchar(9) collate \"C\"", "char(6) collate \"POSIX\"", "integer", "bigint" };
	struct test *test = *state;

	for (size_t i = 0; i < COUNT(types); i++) {
		char *text = mem_printf("drop table pbx.users; create table pbx.users (extension %s primary key, secret text);"
					"insert into pbx.users select n, 'x' from generate_series(100000, 199999) n; analyze pbx.users;",
					types[i]);
		char *plan = NULL;
		const char *params[] = { "{150000}", "\\x01", "\\x02", NULL, "keys", NULL, NULL };
		struct db_result *result = NULL;
		struct error err = ERROR_INIT;
		struct strbuf seen = STRBUF_INIT;

		run_sql(test->world->db, text);
		make_query(test);
		params[3] = difference_policy(test->query);
		mem_free(text);
		text = difference_sql_keys(test->source, &test->config);
		plan = mem_printf("explain (costs off) %s", text);
		if (db_query_wait(test->world->db, plan, params, 7, &result, &err))
			fail_msg("%s", error_text(&err));
		for (int row = 0; row < db_result_rows(result); row++)
			strbuf_printf(&seen, "%s\n", db_result_get(result, row, 0));
		db_result_free(result);
		if (strstr(seen.data, "Seq Scan on users") || !strstr(seen.data, "users_pkey"))
			fail_msg("%s: %s", types[i], seen.data);
		strbuf_release(&seen);
		mem_free(plan);
		mem_free(text);
		assert_string_equal(by_keys(test, "150000"), "150000 none");
		assert_string_equal(by_keys(test, "zz"), "");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(walks, setup, teardown),
		cmocka_unit_test_setup_teardown(keys, setup, teardown),
		cmocka_unit_test_setup_teardown(shared_subscriber, setup, teardown),
		cmocka_unit_test_setup_teardown(on_remove, setup, teardown),
		cmocka_unit_test_setup_teardown(fixed_subscriber, setup, teardown),
		cmocka_unit_test_setup_teardown(standalone, setup, teardown),
		cmocka_unit_test_setup_teardown(pages, setup, teardown),
		cmocka_unit_test_setup_teardown(totals, setup, teardown),
		cmocka_unit_test_setup_teardown(explain_and_find, setup, teardown),
		cmocka_unit_test_setup_teardown(still_wanted, setup, teardown),
		cmocka_unit_test_setup_teardown(function, setup, teardown),
		cmocka_unit_test_setup_teardown(index_is_used, setup, teardown),
	};

	return cmocka_run_group_tests_name("difference", tests, NULL, NULL);
}

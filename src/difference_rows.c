/* difference_rows - the texts that yield differences: a page of them, or those of some keys. */
#include "difference_sql.h"

#include <stdlib.h>

#include "ledger_sql.h"
#include "mem.h"
#include "strbuf.h"
#include "target.h"

/* Who may hold the name, by an attempt of unknown outcome: to be waited for only where he wants another one. */
#define MAY_HOLD "case when t.key <> p.key then t.key else t.other end"
#define MAY_MOVE "h.key is null and hd.wanted and hd.username <> p.username"

/* Whether a name is wanted that the ledger does not have for the row. */
#define WANTS_NAME "p.wanted and (not p.tracked or p.ledger_username is distinct from p.username)"

/*
 * What a row says, from p (the difference), h and t (who holds its name, and who
 * may hold it), hd (what that one wants), m (who else wants it), w (wanted owner), n (owners), k (left_emails), c and a (rails).
 */
static const char *const expressions[ROW_COLUMN_COUNT] = {
	[ROW_ORPHAN] = "false",
	[ROW_KEY] = "p.key",
	[ROW_CURSOR] = "p.key",
	[ROW_IN_STEP] = "not p.difference",
	[ROW_PRESENT] = "p.present",
	[ROW_EXTENSION] = "p.extension",
	[ROW_TENANT] = "p.tenant",
	[ROW_USERNAME] = "p.username",
	[ROW_SECRET] = "p.secret",
	[ROW_HASHED] = "p.hashed",
	[ROW_ENABLED] = "p.enabled",
	[ROW_EMAIL] = "p.email",
	[ROW_EMAIL_GIVEN] = "p.email_given",
	[ROW_CALLER_ID] = "p.caller_id",
	[ROW_SEND_AS] = "p.send_as",
	[ROW_CIPHERS] = "p.ciphers",
	[ROW_CODECS] = "p.codecs",
	[ROW_ENCRYPTION] = "p.encryption",
	[ROW_CALL_HANDLER] = "p.call_handler",
	[ROW_CALLING_HANDLER] = "p.calling_handler_resource_id",
	[ROW_FIRST_NAME] = "p.first_name",
	[ROW_LAST_NAME] = "p.last_name",
	[ROW_DISPLAY_NAME] = "p.display_name",
	[ROW_JOB_TITLE] = "p.job_title",
	[ROW_TIMEZONE] = "p.timezone",
	[ROW_COUNTRY] = "p.country",
	[ROW_COMPANY_NAME] = "p.company_name",
	[ROW_PROFILE_SPEAKS] = "p.profile_speaks",
	[ROW_SKIP_REASON] = "p.skip_reason",
	[ROW_PROBLEM] = "p.problem",
	[ROW_SHARERS] = "p.sharers",
	[ROW_NAMESAKE] = "case when m.first <> p.key then m.first else nullif(m.last, p.key) end",
	[ROW_WANTS_PROTECTION] = "p.wants_protection",
	[ROW_SETTINGS_DIGEST] = "encode(p.settings_digest, 'hex')",
	[ROW_SECRET_DIGEST] = "encode(p.secret_digest, 'hex')",
	[ROW_PROFILE_DIGEST] = "encode(p.profile_digest, 'hex')",
	[ROW_DESIRED_DIGEST] = "case when p.wanted then encode(p.desired_digest, 'hex') end",
	[ROW_STATE] = "p.state",
	[ROW_LEDGER_EXTENSION] = "p.ledger_extension",
	[ROW_LEDGER_USERNAME] = "p.ledger_username",
	[ROW_SIP_ENDPOINT_ID] = "p.sip_endpoint_id",
	[ROW_LEDGER_SETTINGS_DIGEST] = "encode(p.ledger_settings_digest, 'hex')",
	[ROW_LEDGER_SECRET_DIGEST] = "encode(p.ledger_secret_digest, 'hex')",
	[ROW_TRIED_DIGEST] = "encode(p.tried_digest, 'hex')",
	[ROW_SENT_FIELDS] = "array_to_string(p.sent_fields, ',')",
	[ROW_IS_PROTECTED] = "p.is_protected",
	[ROW_ABSENT_NOTED] = "p.absent_since is not null",
	[ROW_ABSENCE_DUE] = "p.due",
	[ROW_NOT_YET] = "coalesce(p.next_attempt_at > now(), false)",
	[ROW_ATTEMPTS] = "coalesce(p.attempts, 0)",
	[ROW_LAST_ERROR] = "p.last_error",
	[ROW_OWNER_NO] = "p.owner_no",
	[ROW_OWNER_EMAIL] = "p.owner_email",
	[ROW_OWNER_ID] = "p.owner_id",
	[ROW_OWNER_ORIGIN] = "p.owner_origin",
	[ROW_OWNER_PROFILE_DIGEST] = "encode(p.owner_profile_digest, 'hex')",
	[ROW_OWNER_SENT_FIELDS] = "array_to_string(p.owner_sent_fields, ',')",
	[ROW_OWNER_EXTENSIONS] = "coalesce(n.extensions, 0)",
	[ROW_WANTED_OWNER_NO] = "w.no",
	[ROW_WANTED_OWNER_ID] = "w.id",
	[ROW_WANTED_OWNER_ORIGIN] = "w.origin",
	[ROW_OWNER_MOVES_WHOLE] = "coalesce(p.owner_origin = 'created' and p.email_given and p.owner_email <> p.email\n"
				  "           and n.same_email = p.email and k.email is null\n"
				  "           -- one that was to be made, and was not, gives way\n"
				  "           and (w.no is null or w.id is null\n"
				  "                and not exists (select from sync s where s.subscriber_no = w.no and s.sip_endpoint_id is not null)\n"
				  "                and not exists (select from journal i where i.subscriber_no = w.no and i.outcome is null)), false)",
	[ROW_INTENT] = "p.intent",
	[ROW_INTENT_ID] = "p.intent_id",
	[ROW_INTENT_SETTLED] = "coalesce(p.settles_at <= now(), false)",
	[ROW_INTENT_AT_MS] = "(extract(epoch from p.intent_at) * 1000)::bigint",
	[ROW_INTENT_USERNAMES] = "array_to_string(p.intent_usernames, chr(10))",
	[ROW_INTENT_OTHERS] = "(select string_agg(t.name, chr(10)) from unnest(p.intent_usernames) t (name)\n"
				 "         where exists (select from sync o where o.username = t.name and o.key <> p.key))",
	[ROW_INTENT_OWNER_NO] = "q.no",
	[ROW_INTENT_OWNER_ID] = "q.id",
	[ROW_INTENT_OWNER_EMAIL] = "q.email",
	[ROW_HOLDER] = "case when h.key is null then case when " MAY_MOVE " then 'moves' end\n"
		       "            when hd.key is null then 'absent'\n"
		       "            when not hd.enabled then 'disabled'\n"
		       "            when hd.wanted and hd.username <> h.username then 'moves'\n"
		       "            else 'keeps' end",
	[ROW_HOLDER_KEY] = "coalesce(h.key, case when " MAY_MOVE " then hd.key end)",
	[ROW_HOLDER_PROTECTED] = "coalesce(case when hd.key is null then h.protected else hd.protected end, false)",
	[ROW_COUNTED] = "coalesce(c.classes, 0)",
	[ROW_APPROVED] = "coalesce(a.classes, 0)",
};

/* The same for a subscriber without extensions, its intent being j, its lost attempts l; what is not here is null. */
static const char *const orphan_expressions[ROW_COLUMN_COUNT] = {
	[ROW_ORPHAN] = "true",
	[ROW_KEY] = "o.email",
	[ROW_CURSOR] = "E'\\x01' || o.email",
	[ROW_IN_STEP] = "false",
	[ROW_OWNER_NO] = "o.no",
	[ROW_OWNER_EMAIL] = "o.email",
	[ROW_OWNER_ID] = "o.id",
	[ROW_OWNER_ORIGIN] = "o.origin",
	[ROW_OWNER_PROFILE_DIGEST] = "encode(o.profile_digest, 'hex')",
	[ROW_OWNER_SENT_FIELDS] = "array_to_string(o.sent_fields, ',')",
	[ROW_INTENT_AT_MS] = "(extract(epoch from l.at) * 1000)::bigint",
	[ROW_INTENT] = "j.operation",
	[ROW_INTENT_ID] = "j.id",
	[ROW_INTENT_SETTLED] = "coalesce(j.settles_at <= now(), false)",
	[ROW_COUNTED] = "coalesce(c.classes, 0)",
	[ROW_APPROVED] = "coalesce(a.classes, 0)",
};

static void select_list(struct strbuf *out, const char *const *list)
{
	strbuf_puts(out, "select ");
	for (int i = 0; i < ROW_COLUMN_COUNT; i++)
		strbuf_printf(out, "%s%s", i ? ",\n       " : "", list[i] ? list[i] : "null");
	strbuf_puts(out, "\n");
}

/* Names that attempts of unknown outcome may have given, each with two of its keys: the other one is nobody, or that key. */
static const char tried_names[] =
	"tried as materialized (\n"
	"    select i.name, min(i.key) as key, nullif(max(i.key), min(i.key)) as other\n"
	"      from (select j.key, unnest(j.usernames) as name from journal j where j.outcome is null) i\n"
	"     group by i.name\n"
	"), ";

/*
 * Orphans without an id that an attempt may have made all the same: since the first one of unknown
 * outcome.  Any later answer was certain: that it was there, and then its id was known, and was found
 * gone; or that it was not.  What has its e-mail then is a stranger's.
 */
static const char lost_orphans[] =
	"lost as materialized (\n"
	"    select a.subscriber_no, min(a.at) as at\n"
	"      from (select j.subscriber_no, j.at, j.finished_at, j.detail is not distinct from " LEDGER_SQL_SUPERSEDED " as lost,\n"
	"                   max(j.finished_at) filter (where j.outcome <> 'not sent'\n"
	"                                                and j.detail is distinct from " LEDGER_SQL_SUPERSEDED ")\n"
	"                       over (partition by j.subscriber_no) as known_at\n"
	"              from journal j\n"
	"             where j.operation in ('create', 'replace') and j.outcome is not null\n"
	"               and j.subscriber_no in (select o.no from orphans o where o.id is null)) a\n"
	"     where a.lost and (a.known_at is null or a.finished_at > a.known_at)\n"
	"     group by a.subscriber_no\n"
	"), ";

/* What the rails know of a key: c counts what was done to it, a is what is approved. */
static void rails_of(struct strbuf *out, const char *key)
{
	strbuf_printf(out, "  left join lateral (\n"
			   "        select bit_or(" LEDGER_SQL_CLASSES ") as classes\n"
			   "          from journal\n"
			   "         where key = %s and " LEDGER_SQL_COUNTED ") c on true\n"
			   "  left join lateral (\n"
			   "        select bit_or(case operation when 'creates' then 1 when 'removals' then 2 else 4 end) as classes\n"
			   "          from approval\n"
			   "         where operation in ('creates', 'removals', 'changes') and key = %s and expires_at > now()) a on true\n",
		      key, key);
}

/* Names that several rows of the source want, with the first and the last of their keys. */
static const char namesakes[] =
	"namesakes as materialized (\n"
	"    select d.username, min(d.key) as first, max(d.key) as last from desired d\n"
	"     where d.problem is not null and d.enabled and d.skip_reason is null\n"
	"     group by d.username\n"
	"), ";

/*
 * What is looked up for the rows of the page alone.  `held` yields the desired
 * rows of the holders.
 */
static void page_rows(struct strbuf *out, const char *held)
{
	select_list(out, expressions);
	strbuf_puts(out, "  from page p\n"
			 "  left join lateral (\n"
			 "        select s.key, s.username, s.protected from sync s\n"
			 "         where " WANTS_NAME "\n"
			 "           and s.username = p.username\n"
			 "           -- a creation that was refused holds nothing, nor does what was deleted at SignalWire\n"
			 "           and (s.sip_endpoint_id is not null\n"
			 "                or exists (select from journal i where i.key = s.key and i.outcome is null))\n"
			 "         order by s.key limit 1) h on true\n");
	strbuf_printf(out, "  left join tried t on h.key is null and " WANTS_NAME " and t.name = p.username\n"
			   "  left join %s hd on hd.key = coalesce(h.key, " MAY_HOLD ")\n", held);
	strbuf_puts(out, "  left join namesakes m on p.problem = 'duplicate_username' and m.username = p.username\n");
	strbuf_puts(out, "  left join subscriber w on w.email = p.email\n"
			 "        and (p.owner_no is null or p.email_given and p.owner_email <> p.email)\n"
			 "  left join subscriber q on p.intent = 'replace' and q.no = p.intent_subscriber_no\n"
			 "        and q.no is distinct from p.owner_no\n"
			 "  left join owners n on n.subscriber_no = p.subscriber_no\n"
			 "  left join left_emails k on k.email = p.owner_email\n");
	rails_of(out, "p.key");
}

/*
 * How many extensions the owners of the page have, and the e-mail that all of
 * them want.  Where one place holds the whole fleet nobody moves or removes it.
 */
static void owners(struct strbuf *out, const struct config *config)
{
	strbuf_puts(out, "owners as (\n"
			 "    select s.subscriber_no, count(*) as extensions,\n"
			 "           case when count(*) = count(*) filter (where d.email_given) and min(d.email) = max(d.email)\n"
			 "                then min(d.email) end as same_email\n"
			 "      from sync s\n"
			 "      left join desired d on d.key = s.key\n"
			 "     where s.subscriber_no in (select p.subscriber_no from page p)\n");
	if (target_one_place(config))
		strbuf_puts(out, "       and false -- one place holds everything\n");
	strbuf_puts(out, "     group by s.subscriber_no\n"
			 "), left_emails as (\n"
			 "    -- e-mails that a row leaves and another one wants: their subscribers stay what they are called\n"
			 "    select distinct d.email from desired d\n"
			 "     where d.wanted\n"
			 "       and d.email in (select p.owner_email from page p where p.email_given and p.owner_email <> p.email)\n)");
}

char *difference_sql_page(const struct source *source, const struct config *config)
{
	struct strbuf out = STRBUF_INIT;
	char *desired = difference_sql_desired(source, config, NULL);

	strbuf_puts(&out, "-- swbridge: a page of differences\n");
	strbuf_puts(&out, difference_sql_parameters);
	strbuf_printf(&out, ", desired as materialized (\n    select * from %s d\n), joined as (\n", desired);
	difference_sql_joined(&out, "          from desired d\n"
				    "          full join sync s on s.key = d.key\n");
	strbuf_puts(&out, "), page as materialized (\n"
			  "    select j.* from joined j\n"
			  "     where j.difference\n"
			  "       and case $5 when 'change' then not j.removal when 'remove' then j.removal else true end\n"
			  "       and ($6 is null or left($6, 1) <> chr(1) and j.key > $6)\n"
			  "       and current_setting('swbridge.differences')::bigint > 0\n"
			  "     order by j.key\n"
			  "     limit $7\n"
			  "), orphans as (\n");
	difference_sql_orphans(&out, "desired");
	strbuf_puts(&out, "), ");
	strbuf_puts(&out, lost_orphans);
	strbuf_puts(&out, tried_names);
	strbuf_puts(&out, namesakes);
	owners(&out, config);
	strbuf_puts(&out, "\n");
	page_rows(&out, "desired");
	strbuf_puts(&out, "union all\n");
	select_list(&out, orphan_expressions);
	strbuf_puts(&out, "  from orphans o\n"
			  "  left join lost l on l.subscriber_no = o.no\n"
			  "  left join journal j on j.key = o.email and j.subscriber_no = o.no and j.outcome is null\n");
	rails_of(&out, "o.email");
	strbuf_puts(&out, " where $5 <> 'change'\n"
			  "   and ($6 is null or left($6, 1) <> chr(1) or chr(1) || o.email > $6)\n"
			  "   and current_setting('swbridge.differences')::bigint > 0\n"
			  " order by 1, 2\n"
			  " limit $7");
	free(desired);
	return strbuf_detach(&out);
}

/*
 * Who else in the source wants a name that one of the given rows is about to get:
 * two of them are enough to refuse it.  The source is asked only where there is
 * such a row, since that may read all of it.  False: nobody can.
 */
static bool twins(struct strbuf *out, const struct source *source, const struct config *config)
{
	struct strbuf rows = STRBUF_INIT;
	bool asks = source_names_query(&rows, source, config, "(select k.names from names k)::text[]");

	if (asks)
		strbuf_printf(out, "names as materialized (\n"
				   "    select array(\n"
				   "        select distinct a.username from asked a\n"
				   "         where (a.wanted or a.problem = 'duplicate_username') and not exists (\n"
				   "                   select from sync s left join subscriber o on o.no = s.subscriber_no\n"
				   "                    where s.key = a.key and s.username = a.username and s.state = 'active'\n"
				   "                      and s.sip_endpoint_id is not null and (not a.email_given or o.email = a.email))\n"
				   "    ) as names\n"
				   "), twins as materialized (\n"
				   "    select min(t.key) as first, max(t.key) as last from %s t\n"
				   "     where (select cardinality(k.names) from names k) > 0\n"
				   "     group by t.username\n"
				   "), ", rows.data);
	strbuf_release(&rows);
	return asks;
}

/*
 * The keys that have to be read together: the given ones, the rows that hold or
 * want a name which one of them wants, and whoever shares a subscriber with one of these.
 */
static void closure(struct strbuf *out, const struct source *source, const struct config *config)
{
	bool asks = twins(out, source, config);

	strbuf_puts(out, "near as (\n"
			 "    select k.key from unnest($1) k (key)\n"
			 "    union\n"
			 "    select s.key from asked a join sync s on s.username = a.username\n"
			 "    union\n"
			 "    select unnest(array[t.key, t.other]) from asked a join tried t on t.name = a.username\n");
	if (asks)
		strbuf_puts(out, "    union\n"
				 "    select unnest(array[t.first, t.last]) from twins t\n");
	strbuf_puts(out, "), closure as materialized (\n"
			 "    select array(\n"
			 "        select n.key from near n\n");
	if (!target_one_place(config))
		strbuf_puts(out, "        union\n"
				 "        select b.key from near n\n"
				 "          join sync s on s.key = n.key\n"
				 "          join sync b on b.subscriber_no = s.subscriber_no\n");
	if (!target_one_place(config) && source_has(source, SOURCE_EMAIL))
		strbuf_puts(out, "        union\n"
				 "        select b.key from asked a\n"
				 "          join subscriber o on a.email_given and o.email = a.email\n"
				 "          join sync b on b.subscriber_no = o.no\n");
	strbuf_puts(out, "    ) as keys\n)");
}

char *difference_sql_keys(const struct source *source, const struct config *config)
{
	struct strbuf out = STRBUF_INIT;
	char *asked = difference_sql_desired(source, config, "$1::text[]");
	char *desired = difference_sql_desired(source, config, "(select k.keys from closure k)::text[]");
	char *held = difference_sql_desired(source, config, "(select k.keys from holders k)::text[]");

	strbuf_puts(&out, "-- swbridge: the differences of some keys\n");
	strbuf_puts(&out, difference_sql_parameters);
	strbuf_printf(&out, ", asked as materialized (\n    select d.key, d.username, d.email, d.email_given, d.wanted, d.problem from %s d\n), ", asked);
	strbuf_puts(&out, tried_names);
	closure(&out, source, config);
	strbuf_printf(&out, ", desired as materialized (\n    select * from %s d\n), joined as (\n", desired);
	difference_sql_joined(&out, "          from (select unnest(k.keys) as key from closure k) k\n"
				    "          left join desired d on d.key = k.key\n"
				    "          left join sync s on s.key = k.key\n");
	strbuf_puts(&out, "), page as materialized (\n"
			  "    select j.* from joined j\n"
			  "     where case $5 when 'explain' then j.key = any($1) else j.present and (j.difference or j.rejected and j.key = any($1)) end\n"
			  "       and ($6 is null or j.key > $6)\n"
			  "     order by j.key\n"
			  "     limit $7\n"
			  "), holders as materialized (\n"
			  "    -- read by their own keys: not being in the closure is not being absent\n"
			  "    select array(select s.key from page p join sync s on s.username = p.username\n"
			  "                 union\n"
			  "                 select unnest(array[t.key, t.other]) from page p join tried t on t.name = p.username) as keys\n");
	strbuf_printf(&out, "), held as (\n    select d.key, d.username, d.enabled, d.wanted, d.protected from %s d\n), ", held);
	strbuf_puts(&out, namesakes);
	owners(&out, config);
	strbuf_puts(&out, "\n");
	page_rows(&out, "held");
	strbuf_puts(&out, " order by p.key");
	free(asked);
	free(desired);
	free(held);
	return strbuf_detach(&out);
}

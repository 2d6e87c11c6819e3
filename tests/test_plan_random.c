/*
 * test_plan_random - what must hold for every difference, whatever it looks like.
 *
 * Differences are drawn from small pools, so that every combination of states
 * comes up; the seed is printed with a failure (SWBRIDGE_SEED sets it).
 */
#include "plan.h"

#include "check.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { ROUNDS = 400000, STEPS = 12 };

static uint64_t seed = 20240229;
static uint64_t random_state;

/* splitmix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014). */
static uint64_t draw(void)
{
	uint64_t z = random_state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

static bool flip(unsigned one_in)
{
	return draw() % one_in == 0;
}

static const char *pick(const char *a, const char *b, const char *c)
{
	const char *const pool[] = { a, b, c };

	return pool[draw() % 3];
}

static void draw_desired(struct difference *d)
{
	d->present = !flip(4);
	if (!d->present)
		return;
	d->enabled = !flip(4);
	d->extension = pick("100", "101", "100");
	d->username = pick("100", "101", "u100");
	d->secret = flip(12) ? NULL : "x";
	d->skip_reason = !d->secret ? "no_secret" : flip(16) ? "virtual" : NULL;
	/* Only a hash of it, and a new one may be issued or not. */
	if (flip(4)) {
		d->secret = NULL;
		d->hashed = true;
		d->skip_reason = flip(8) ? "password_hashed" : NULL;
	}
	d->problem = flip(16) ? "duplicate_username" : NULL;
	d->email_given = flip(2);
	d->email = d->email_given ? pick("a@x", "b@x", "c@x") : pick("100@x", "100@x", NULL);
	d->wants_protection = flip(4);
	d->settings_digest = pick("s1", "s2", NULL);
	d->secret_digest = pick("k1", "k2", "k1");
	d->profile_speaks = !flip(3);
	d->profile_digest = pick("p1", "p2", NULL);
	d->desired_digest = pick("d1", "d2", "d3");
}

static void draw_owner(struct difference *d)
{
	d->owner_no = "1";
	d->owner_email = pick("a@x", "b@x", "100@x");
	d->owner_id = pick("o", "o", NULL);
	d->owner_origin = flip(3) ? ORIGIN_ADOPTED : ORIGIN_CREATED;
	d->owner_profile_digest = pick("p1", "p2", NULL);
	d->owner_sent_fields = pick("country", NULL, flip(2) ? "email" : "");
	d->owner_extensions = 1 + (int64_t)(draw() % 2);
	d->owner_moves_whole = flip(3);
	d->wanted_owner_id = pick("w", NULL, NULL);
}

static void draw_ledger(struct difference *d)
{
	d->state = (enum difference_state)(draw() % 5);
	if (d->state == STATE_NONE)
		return;
	d->ledger_extension = pick("100", "101", "100");
	d->ledger_username = pick("100", "101", "u100");
	d->sip_endpoint_id = d->state == STATE_CREATING || flip(6) ? NULL : "e";
	d->ledger_settings_digest = pick("s1", "s2", NULL);
	d->ledger_secret_digest = flip(4) ? "" : pick("k1", "k2", NULL);
	d->tried_digest = flip(4) ? "d1" : NULL;
	d->sent_fields = pick("codecs", "", NULL);
	d->is_protected = flip(4);
	d->absent_noted = flip(3);
	d->absence_due = flip(2);
	d->not_yet = flip(8);
	draw_owner(d);
	if (d->sip_endpoint_id)
		d->owner_id = "o"; /* no credential without its subscriber */
	if (flip(3)) {
		d->intent = 1 + (enum difference_operation)(draw() % 6);
		d->intent_settled = flip(2);
	}
}

static void draw_case(struct difference *d, struct plan_policy *p)
{
	memset(d, 0, sizeof *d);
	memset(p, 0, sizeof *p);
	d->key = "100";
	d->orphan = flip(20);
	if (d->orphan) {
		draw_owner(d);
	} else {
		draw_desired(d);
		draw_ledger(d);
		d->holder = (enum difference_holder)(draw() % 5);
		if (flip(2))
			d->holder = HOLDER_NONE;
		d->holder_protected = d->holder != HOLDER_NONE && flip(3);
	}
	p->on_remove = (enum config_on_remove)(draw() % 4);
	p->one_place = flip(5);
	p->source_complete = !flip(4);
	p->keyed = flip(4);
}

static bool wanted(const struct difference *d)
{
	return !d->orphan && d->present && d->enabled;
}

static bool guarded(const struct difference *d)
{
	return d->present ? d->wants_protection : d->is_protected;
}

#define HOLDS(condition) \
	do { \
		if (!(condition)) \
			fail_msg("round %d of seed %" PRIu64 ": not true: %s (%s: %s)", round, seed, #condition, \
				 plan_action_name(o->action), o->reason); \
	} while (0)

static void check_removals(int round, const struct difference *d, const struct plan_policy *p, const struct plan_decision *o)
{
	bool takes = o->action == PLAN_REMOVE || o->action == PLAN_SUSPEND;

	if (takes) {
		HOLDS(!guarded(d));
		HOLDS(!wanted(d));
		HOLDS(!d->problem);
		HOLDS(p->on_remove != CONFIG_KEEP && p->on_remove != CONFIG_ON_REMOVE_UNSET);
		HOLDS(d->present || d->absence_due);
	}
	if (o->action == PLAN_SUSPEND)
		HOLDS(p->on_remove == CONFIG_SUSPEND && d->sip_endpoint_id);
	if (o->action == PLAN_REPLACE)
		HOLDS(wanted(d) && !guarded(d) && d->email_given && !p->one_place);
	if (o->action == PLAN_FORGET)
		HOLDS(d->intent == OPERATION_NONE && !d->sip_endpoint_id &&
		      (!d->owner_id || d->owner_origin != ORIGIN_CREATED));
	if (!d->present && (!p->source_complete || p->keyed))
		HOLDS(o->action == PLAN_NOTHING);
	if (o->action == PLAN_REMOVE_SUBSCRIBER)
		HOLDS(d->orphan && d->owner_origin == ORIGIN_CREATED);
}

static void check_classes(int round, const struct difference *d, const struct plan_decision *o)
{
	static const unsigned classes[] = {
		[PLAN_CREATE] = CLASS_CREATES,
		[PLAN_UPDATE] = CLASS_CHANGES,
		[PLAN_REPLACE] = CLASS_CREATES | CLASS_REMOVALS,
		[PLAN_SUSPEND] = CLASS_REMOVALS,
		[PLAN_RESTORE] = CLASS_CHANGES,
		[PLAN_REMOVE] = CLASS_REMOVALS,
		[PLAN_FORGET] = 0,
		[PLAN_REMOVE_SUBSCRIBER] = CLASS_REMOVALS,
	};

	HOLDS(o->classes == (o->take_over ? (unsigned)CLASS_CHANGES : classes[o->action]));
	HOLDS(o->subscribers >= -1 && o->subscribers <= 1);
	if (!plan_mutates(o->action))
		HOLDS(!o->fields && !o->profile && !o->issue && !o->look_first && !o->take_over && !o->after_holder &&
		      !o->move_owner && !o->subscribers);
	if (o->take_over)
		HOLDS(o->action == PLAN_CREATE && d->state == STATE_NONE && !o->after_holder);
	if (d->holder_protected && (o->take_over || o->after_holder))
		HOLDS(d->holder == HOLDER_MOVES || (o->take_over && d->wants_protection));
	if (o->move_owner)
		HOLDS(o->profile && d->owner_id && d->owner_origin == ORIGIN_CREATED && d->owner_moves_whole);
}

static void check_wanted(int round, const struct difference *d, const struct plan_policy *p, const struct plan_decision *o)
{
	bool unfit = d->skip_reason || plan_objection(d, p);

	if (!wanted(d))
		return;
	if (d->skip_reason)
		HOLDS(o->action == PLAN_SKIP);
	else if (unfit)
		HOLDS(o->action == PLAN_REJECT);
	else if (d->intent != OPERATION_NONE)
		HOLDS(o->action != PLAN_NOTHING && o->action != PLAN_NOTE);
	if (o->action == PLAN_CREATE && !o->take_over)
		HOLDS(o->look_first == (d->intent != OPERATION_NONE));
	if (o->action == PLAN_RESTORE)
		HOLDS(o->fields == (PLAN_USERNAME | PLAN_SETTINGS | PLAN_SECRET));
	if (o->action == PLAN_UPDATE)
		HOLDS(o->fields || o->profile);
}

/* A secret is issued where one has to be sent and the PBX has only a hash, and nowhere else. */
static void check_secrets(int round, const struct difference *d, const struct plan_decision *o)
{
	bool makes = o->action == PLAN_CREATE || o->action == PLAN_REPLACE;
	bool nobodys = d->state == STATE_SUSPENDED || d->intent == OPERATION_SUSPEND ||
		       (d->ledger_secret_digest && !*d->ledger_secret_digest);

	HOLDS(o->issue == (d->hashed && wanted(d) && (makes || (o->fields & PLAN_SECRET))));
	if (o->issue)
		HOLDS(!d->skip_reason && (makes || nobodys) && !o->keep_secret);
	if (o->keep_secret)
		HOLDS(d->hashed && !d->skip_reason && !nobodys && (o->action == PLAN_UPDATE || o->action == PLAN_NOTE) &&
		      !(o->fields & PLAN_SECRET));
	/* What may have been sent and was shown to nobody does not stay. */
	if (d->hashed && nobodys && (o->action == PLAN_UPDATE || o->action == PLAN_RESTORE))
		HOLDS(o->issue);
}

static void rules(void **state)
{
	(void)state;
	random_state = seed;
	for (int round = 0; round < ROUNDS; round++) {
		struct difference d, copy;
		struct plan_policy p;
		struct plan_decision first, again, *o = &first;

		draw_case(&d, &p);
		copy = d;
		plan_decide(&d, &p, &first);
		memset(&again, 0xff, sizeof again);
		plan_decide(&d, &p, &again);
		HOLDS(!memcmp(&d, &copy, sizeof d));
		HOLDS(again.action == first.action && again.fields == first.fields && again.classes == first.classes &&
		      again.note == first.note && again.subscribers == first.subscribers && again.reason == first.reason && again.issue == first.issue &&
		      again.keep_secret == first.keep_secret);
		HOLDS(o->reason && *o->reason);
		if ((d.intent != OPERATION_NONE && !d.intent_settled) || d.not_yet)
			HOLDS(!plan_mutates(o->action));
		check_removals(round, &d, &p, o);
		check_classes(round, &d, o);
		check_wanted(round, &d, &p, o);
		check_secrets(round, &d, o);
	}
}

/* What the ledger says after a change that worked. */
static void sent(struct difference *d, const struct plan_decision *o)
{
	bool whole = o->action == PLAN_CREATE || o->action == PLAN_REPLACE;

	if (o->action == PLAN_REPLACE) {
		d->owner_profile_digest = d->wanted_owner_id ? "unknown before" : NULL;
		d->owner_sent_fields = NULL;
		d->owner_id = NULL;
	}
	if (o->action == PLAN_REPLACE || o->move_owner || (whole && !d->owner_id)) {
		d->owner_email = d->email;
		d->owner_origin = ORIGIN_CREATED;
	}
	if (whole) {
		d->owner_profile_digest = d->owner_id ? d->owner_profile_digest : NULL;
		d->owner_sent_fields = d->owner_id ? d->owner_sent_fields : NULL;
		d->owner_id = d->owner_no = "o";
		d->sip_endpoint_id = "e";
	}
	if (o->profile) {
		d->owner_profile_digest = d->profile_digest;
		d->owner_sent_fields = d->profile_digest ? "country" : "";
	}
	if (whole || o->fields & PLAN_USERNAME)
		d->ledger_username = d->username;
	if (whole || o->fields & PLAN_SETTINGS) {
		d->ledger_settings_digest = d->settings_digest;
		d->sent_fields = d->settings_digest ? "codecs" : "";
	}
	if (whole || o->fields & PLAN_SECRET || o->keep_secret)
		d->ledger_secret_digest = d->secret_digest;
	d->ledger_extension = d->extension;
	d->state = STATE_ACTIVE;
	d->holder = HOLDER_NONE;
}

static void happen(struct difference *d, struct plan_policy *p, const struct plan_decision *o)
{
	if (o->note) {
		d->ledger_extension = d->extension;
		d->is_protected = d->wants_protection;
		d->absent_noted = false;
		if (d->tried_digest && d->desired_digest && strcmp(d->tried_digest, d->desired_digest) != 0)
			d->tried_digest = NULL; /* what was refused is not wanted any more */
	}
	if (o->action == PLAN_NOTE && o->keep_secret)
		d->ledger_secret_digest = d->secret_digest;
	if (o->action == PLAN_MARK_ABSENT)
		d->absent_noted = true;
	if (o->action == PLAN_WAIT) { /* time passes, and a complete pass comes */
		d->intent_settled = true;
		d->not_yet = false;
		p->source_complete = true;
		p->keyed = false;
	}
	if (!plan_mutates(o->action) && o->action != PLAN_FORGET)
		return;
	d->intent = OPERATION_NONE;
	d->tried_digest = NULL;
	if (wanted(d)) {
		sent(d, o);
		return;
	}
	d->absent_noted |= !d->present;
	d->state = o->action == PLAN_SUSPEND ? STATE_SUSPENDED : STATE_NONE;
}

/* Changes that work lead to a row about which nothing is left to do, and soon. (I18) */
static void comes_to_rest(void **state)
{
	(void)state;
	random_state = seed;
	for (int round = 0; round < ROUNDS; round++) {
		struct difference d;
		struct plan_policy p;
		struct plan_decision decision, *o = &decision;
		int requests = 0;
		bool rests = false;

		draw_case(&d, &p);
		for (int step = 0; step < STEPS && !rests; step++) {
			plan_decide(&d, &p, o);
			happen(&d, &p, o);
			requests += plan_mutates(o->action);
			rests = o->action == PLAN_NOTHING || (o->action == PLAN_REJECT && !o->note) ||
				(o->action == PLAN_SKIP && !o->note) || (d.orphan && o->action != PLAN_WAIT);
		}
		HOLDS(rests);
		HOLDS(requests <= 1);
	}
}

int main(void)
{
	const char *given = getenv("SWBRIDGE_SEED");
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rules),
		cmocka_unit_test(comes_to_rest),
	};

	if (given)
		seed = strtoull(given, NULL, 10);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

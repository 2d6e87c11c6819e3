/* test_rails - the limits, what is admitted, and random histories. */
#include "rails.h"

#include "check.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { C = CLASS_CREATES, R = CLASS_REMOVALS, U = CLASS_CHANGES };

static const struct {
	struct config_limit limit;
	int64_t active;
	int64_t removed;
	int64_t places;
} limits[] = {
	/* The default of max_removals: the larger of 1 and 10%. */
	{ { false, 1, 10 }, 0, 0, 1 },
	{ { false, 1, 10 }, 1, 0, 1 },
	{ { false, 1, 10 }, 8, 0, 1 },
	{ { false, 1, 10 }, 9, 0, 1 },
	{ { false, 1, 10 }, 19, 0, 1 },
	{ { false, 1, 10 }, 20, 0, 2 },
	{ { false, 1, 10 }, 80000, 0, 8000 },
	/* What was removed in the window stays in the denominator: a limit does not shrink under its own work. */
	{ { false, 1, 10 }, 19, 1, 2 },
	{ { false, 1, 10 }, 90, 10, 10 },
	/* The default of max_creates and max_changes. */
	{ { false, 50, 25 }, 8, 0, 50 },
	{ { false, 50, 25 }, 203, 0, 50 },
	{ { false, 50, 25 }, 204, 0, 51 },
	{ { false, 50, 50 }, 1000, 0, 500 },
	/* A number alone, a percentage alone. */
	{ { false, 5, 0 }, 1000, 0, 5 },
	{ { false, 0, 0 }, 1000, 0, 0 },
	{ { false, 0, 10 }, 9, 0, 0 },
	{ { false, 0, 100 }, 7, 0, 7 },
	{ { false, 0, 100 }, INT64_MAX / 2, 0, INT64_MAX / 2 },
	{ { false, 0, 33 }, 199, 0, 65 },
};

static void limits_of_fleets(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(limits); i++) {
		struct config config = { .max_removals = limits[i].limit, .max_creates = { true, 0, 0 } };
		struct difference_totals totals = { .active_ids = limits[i].active, .removed_in_window = limits[i].removed };
		struct rails rails;

		rails_init(&rails, &config, &totals);
		if (rails.removals.limit != limits[i].places)
			fail_msg("row %zu: %" PRId64, i, rails.removals.limit);
		assert_true(rails.creates.unlimited);
		assert_false(rails.removals.unlimited);
	}
}

/* I14 */
static void every_class_has_its_own(void **state)
{
	struct config config = { .max_creates = { false, 1, 0 }, .max_removals = { false, 2, 0 }, .max_changes = { false, 3, 0 } };
	struct difference_totals totals = { .counted_creates = 4, .counted_removals = 5, .counted_changes = 6 };
	struct rails rails;

	(void)state;
	memset(&rails, 0xff, sizeof rails);
	rails_init(&rails, &config, &totals);
	assert_int_equal(rails.creates.limit, 1);
	assert_int_equal(rails.removals.limit, 2);
	assert_int_equal(rails.changes.limit, 3);
	assert_int_equal(rails.creates.taken, 4);
	assert_int_equal(rails.removals.taken, 5);
	assert_int_equal(rails.changes.taken, 6);
	assert_int_equal(rails.creates.held + rails.removals.held + rails.changes.held, 0);
}

/* One pass, in order: two creates, one removal and one change may be made, and one change was already. */
static const struct {
	unsigned asked, counted, approved;
	unsigned held;
	const char *why;
} pass[] = {
	{ C, 0, 0, 0, "the first create" },
	{ 0, 0, 0, 0, "nothing that any rail counts" },
	{ C | R, 0, 0, 0, "a replace takes the second create and the only removal" },
	{ C, 0, 0, C, "no place for a create" },
	{ R, 0, 0, R, "no place for a removal" },
	{ U, 0, 0, 0, "held creates and removals do not delay a password" },
	{ U, 0, 0, U, "the journal's change counts as well" },
	{ C, C, 0, 0, "counted already" },
	{ R, 0, R, 0, "approved" },
	{ R, C, C | U, R, "neither counted nor approved as a removal" },
	{ C | R, 0, 0, C | R, "both halves" },
	{ C | R, C, 0, R, "a replace whose create is counted is held by its removal" },
	{ C | R, 0, R, C, "and the other way round" },
	{ C | R, C, R, 0, "each half passes for a reason of its own" },
};

static void one_pass(void **state)
{
	struct config config = { .max_creates = { false, 2, 0 }, .max_removals = { false, 1, 0 }, .max_changes = { false, 2, 0 } };
	struct difference_totals totals = { .active_ids = 100, .counted_changes = 1 };
	struct rails rails;

	(void)state;
	rails_init(&rails, &config, &totals);
	for (size_t i = 0; i < COUNT(pass); i++)
		if (rails_admit(&rails, pass[i].asked, pass[i].counted, pass[i].approved) != pass[i].held)
			fail_msg("row %zu: %s", i, pass[i].why);
	assert_int_equal(rails.creates.taken, 2);
	assert_int_equal(rails.removals.taken, 1);
	assert_int_equal(rails.changes.taken, 2);
	assert_int_equal(rails.creates.held, 3);
	assert_int_equal(rails.removals.held, 4);
	assert_int_equal(rails.changes.held, 1);
}

/* A replace that its removal holds leaves the create's place to others. */
static void held_whole(void **state)
{
	struct config config = { .max_creates = { false, 1, 0 }, .max_changes = { true, 0, 0 } };
	struct difference_totals totals = { .active_ids = 8 };
	struct rails rails;

	(void)state;
	rails_init(&rails, &config, &totals);
	assert_int_equal(rails_admit(&rails, C | R, 0, 0), R);
	assert_int_equal(rails.creates.taken, 0);
	assert_int_equal(rails.creates.held, 0);
	assert_int_equal(rails_admit(&rails, C, 0, 0), 0);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(rails_admit(&rails, U, 0, 0), 0);
}

static void words(void **state)
{
	(void)state;
	assert_string_equal(rails_setting(C), "max_creates");
	assert_string_equal(rails_setting(R), "max_removals");
	assert_string_equal(rails_setting(U), "max_changes");
	assert_string_equal(rails_setting(C | R), "max_creates");
	assert_string_equal(rails_setting(R | U), "max_removals");
	assert_string_equal(rails_setting(0), "");
	assert_string_equal(rails_approve_word(C | R | U), "creates");
	assert_string_equal(rails_approve_word(R), "removals");
	assert_string_equal(rails_approve_word(U), "changes");
	assert_string_equal(rails_approve_word(0), "");
}

/* Random histories over 24 hours: many passes, many keys, three classes, approvals. */
enum { KEYS = 40, HISTORIES = 3000 };

static uint64_t random_state;

static uint64_t draw(void)
{
	random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return random_state >> 33;
}

struct history {
	unsigned journal[KEYS];  /* classes counted for the key in the window */
	unsigned approved[KEYS]; /* an approval covers it */
	unsigned unapproved[KEYS]; /* classes admitted that were neither counted nor approved */
};

static int64_t count(const unsigned *masks, unsigned bit)
{
	int64_t n = 0;

	for (size_t k = 0; k < KEYS; k++)
		n += (masks[k] & bit) != 0;
	return n;
}

static void random_pass(struct history *h, const struct config *config)
{
	static const unsigned kinds[] = { C, R, U, C | R };
	struct difference_totals totals = {
		.active_ids = KEYS,
		.counted_creates = count(h->journal, C),
		.counted_removals = count(h->journal, R),
		.counted_changes = count(h->journal, U),
	};
	struct rails rails, alone;
	unsigned before[KEYS];

	memcpy(before, h->journal, sizeof before);
	rails_init(&rails, config, &totals);
	rails_init(&alone, config, &totals);
	for (size_t k = draw() % 4; k < KEYS; k += 1 + draw() % 3) {
		unsigned asked = kinds[draw() % 4];
		unsigned held = rails_admit(&rails, asked, before[k], h->approved[k]);

		if (held & ~asked)
			fail_msg("held by a class that was not asked for");
		/* A rail that never sees a create answers the same: what creates hold delays nobody else. */
		if (!(asked & C))
			assert_int_equal(rails_admit(&alone, asked, before[k], h->approved[k]), held);
		else if (!held)
			rails_admit(&alone, asked & ~(unsigned)C, before[k], h->approved[k]);
		if (held)
			continue;
		h->journal[k] |= asked;
		h->unapproved[k] |= asked & ~before[k] & ~h->approved[k];
	}
}

/* I13 */
static void random_histories(void **state)
{
	(void)state;
	random_state = 7;
	for (int n = 0; n < HISTORIES; n++) {
		struct config config = {
			.max_creates = { false, (int64_t)(draw() % 12), (int64_t)(draw() % 30) },
			.max_removals = { false, (int64_t)(draw() % 6), (int64_t)(draw() % 20) },
			.max_changes = { draw() % 4 == 0, (int64_t)(draw() % 12), (int64_t)(draw() % 60) },
		};
		struct difference_totals fleet = { .active_ids = KEYS };
		struct history h = { .journal = { 0 } };
		struct rails rails;

		rails_init(&rails, &config, &fleet);
		for (int passes = 0; passes < 8; passes++) {
			if (draw() % 3 == 0)
				h.approved[draw() % KEYS] = 1 + (unsigned)(draw() % 7);
			random_pass(&h, &config);
			assert_true(count(h.unapproved, C) <= rails.creates.limit);
			assert_true(count(h.unapproved, R) <= rails.removals.limit);
			assert_true(config.max_changes.unlimited || count(h.unapproved, U) <= rails.changes.limit);
		}
	}
}

/* A fleet of 1 to 9 under the defaults: one phone a day, whatever the source says. (I13) */
static void small_fleets(void **state)
{
	(void)state;
	for (int64_t fleet = 1; fleet <= 9; fleet++) {
		struct config config = { .max_removals = { false, 1, 10 } };
		struct difference_totals totals = { .active_ids = fleet };
		struct rails rails;
		int64_t gone = 0;

		/* Each pass sees what the passes before have removed. */
		for (int pass_no = 0; pass_no < 5; pass_no++) {
			rails_init(&rails, &config, &totals);
			for (int64_t k = gone; k < fleet; k++)
				gone += rails_admit(&rails, R, 0, 0) == 0;
			totals.active_ids = fleet - gone;
			totals.removed_in_window = gone;
			totals.counted_removals = gone;
		}
		assert_int_equal(gone, 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(limits_of_fleets),
		cmocka_unit_test(every_class_has_its_own),
		cmocka_unit_test(one_pass),
		cmocka_unit_test(held_whole),
		cmocka_unit_test(words),
		cmocka_unit_test(random_histories),
		cmocka_unit_test(small_fleets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

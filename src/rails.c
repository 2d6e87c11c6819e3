/* rails - what must wait. */
#include "rails.h"

#include <stddef.h>

static const struct {
	unsigned bit;
	size_t offset;
	const char *setting;
	const char *word;
} classes[] = {
	{ CLASS_CREATES, offsetof(struct rails, creates), "max_creates", "creates" },
	{ CLASS_REMOVALS, offsetof(struct rails, removals), "max_removals", "removals" },
	{ CLASS_CHANGES, offsetof(struct rails, changes), "max_changes", "changes" },
};
enum { COUNT = sizeof classes / sizeof *classes };

static struct rails_class *class_at(struct rails *rails, size_t i)
{
	return (struct rails_class *)(void *)((char *)rails + classes[i].offset);
}

static void class_init(struct rails_class *class, const struct config_limit *limit, int64_t fleet, int64_t taken)
{
	/* floor(fleet * percent / 100), without leaving 64 bits */
	int64_t share = fleet / 100 * limit->percent + fleet % 100 * limit->percent / 100;

	*class = (struct rails_class){
		.unlimited = limit->unlimited,
		.limit = share > limit->count ? share : limit->count,
		.taken = taken,
	};
}

void rails_init(struct rails *rails, const struct config *config, const struct difference_totals *totals)
{
	int64_t fleet = totals->active_ids + totals->removed_in_window;

	class_init(&rails->creates, &config->max_creates, fleet, totals->counted_creates);
	class_init(&rails->removals, &config->max_removals, fleet, totals->counted_removals);
	class_init(&rails->changes, &config->max_changes, fleet, totals->counted_changes);
}

void rails_forget_held(struct rails *rails)
{
	for (size_t i = 0; i < COUNT; i++)
		class_at(rails, i)->held = 0;
}

unsigned rails_admit(struct rails *rails, unsigned asked, unsigned counted, unsigned approved)
{
	unsigned places = asked & ~counted & ~approved;
	unsigned held = 0;

	for (size_t i = 0; i < COUNT; i++) {
		struct rails_class *class = class_at(rails, i);

		if (!(places & classes[i].bit) || class->unlimited || class->taken < class->limit)
			continue;
		class->held++;
		held |= classes[i].bit;
	}
	for (size_t i = 0; i < COUNT && !held; i++)
		if (places & classes[i].bit)
			class_at(rails, i)->taken++;
	return held;
}

const char *rails_setting(unsigned held)
{
	for (size_t i = 0; i < COUNT; i++)
		if (held & classes[i].bit)
			return classes[i].setting;
	return "";
}

const char *rails_approve_word(unsigned held)
{
	for (size_t i = 0; i < COUNT; i++)
		if (held & classes[i].bit)
			return classes[i].word;
	return "";
}

/* issued - the secrets that this run issued, until they are in its report file. */
#include "issued.h"

#include <json-c/linkhash.h>

#include "mem.h"

struct issued {
	struct lh_table *secrets; /* by key */
};

static void free_entry(struct lh_entry *entry)
{
	mem_free(lh_entry_k(entry));
	mem_free_secret(lh_entry_v(entry));
}

struct issued *issued_new(void)
{
	struct issued *issued = mem_alloc(sizeof *issued);

	issued->secrets = lh_kchar_table_new(16, free_entry);
	return issued;
}

void issued_free(struct issued *issued)
{
	if (!issued)
		return;
	lh_table_free(issued->secrets);
	mem_free(issued);
}

void issued_keep(struct issued *issued, const char *key, const char *secret)
{
	lh_table_delete(issued->secrets, key);
	lh_table_insert(issued->secrets, mem_strdup(key), mem_strdup(secret));
}

const char *issued_find(const struct issued *issued, const char *key)
{
	void *secret = NULL;

	return issued && lh_table_lookup_ex(issued->secrets, key, &secret) ? secret : NULL;
}

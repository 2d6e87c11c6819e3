/*
 * verify_internal - what the files of a comparison share.
 *
 *   verify.c           the order of things, and how it ends
 *   verify_page.c      a page of ours: what drifted, and what may be missing
 *   verify_confirm.c   whether that is really gone
 */
#ifndef VERIFY_INTERNAL_H
#define VERIFY_INTERNAL_H

#include "strbuf.h"
#include "survey.h"
#include "target.h"
#include "verify.h"

enum { VERIFY_PAGE_ROWS = 500 };

enum verify_answer { ANSWER_NONE, ANSWER_GONE, ANSWER_THERE, ANSWER_FAILED };

/* A credential that the listing did not show. */
struct suspect {
	struct verify *verify;
	char *key, *extension, *username, *subscriber_id, *id;
	bool owner_shown;
	bool wanted; /* the PBX wants it as it was sent: a pass would make it again */
	enum verify_answer credential, owner;
};

struct verify {
	struct verify_setup setup;
	struct verify_summary summary;
	struct survey *survey;
	struct target *target;
	bool standalone; /* credentials hang on nothing */
	char *started;   /* by the database's clock */
	void (*done)(const struct error *err, void *arg);
	void *done_arg;
	bool abandoned;
	struct error err;
	bool about_source; /* the read that failed was one of the source */

	char *nth; /* of the last row that was gone through */
	int rows;  /* of the page */
	struct suspect *suspects;
	size_t suspect_count, asked;
	int in_flight;
	struct strbuf repairs; /* of the page, as JSON */
	char *unsure; /* the first reason */
};

/* verify.c */
void verify_fail(struct verify *verify, const struct error *err);
void verify_found(struct verify *verify, const struct verify_finding *finding);
void verify_unsure(struct verify *verify, const char *what, const char *why);
void verify_page_over(struct verify *verify); /* everything of it is said */

/* verify_page.c */
void verify_page(struct verify *verify);
void verify_note_repair(struct verify *verify, const char *key, const char *username, bool owner_drifted,
			bool credential_gone, bool owner_gone);

/* verify_confirm.c */
void verify_suspect(struct verify *verify, struct suspect *suspect); /* takes what it points at */
void verify_confirm(struct verify *verify); /* all suspects of the page, then verify_page_over() */
void verify_forget_suspects(struct verify *verify);

#endif

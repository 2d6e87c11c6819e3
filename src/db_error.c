/* db_error - sentences and policies from what libpq and the server say. */
#include "db_internal.h"

#include "mem.h"
#include "strbuf.h"

#include <ctype.h>
#include <string.h>

enum { SECRET_MIN = 4 }; /* a shorter value is only recognised between quotes */

static char *replaced(char *text, const char *what, const char *by)
{
	struct strbuf out = STRBUF_INIT;
	const char *from = text;

	for (const char *hit = strstr(from, what); hit; hit = strstr(from, what)) {
		strbuf_add(&out, from, (size_t)(hit - from));
		strbuf_puts(&out, by);
		from = hit + strlen(what);
	}
	strbuf_puts(&out, from);
	mem_free(text);
	return strbuf_detach(&out);
}

static char *without(char *text, const char *secret)
{
	char *quoted = NULL;

	if (!secret || !secret[0])
		return text;
	if (strlen(secret) >= SECRET_MIN)
		return replaced(text, secret, "***");
	quoted = mem_printf("\"%s\"", secret);
	text = replaced(text, quoted, "\"***\"");
	mem_free_secret(quoted);
	return text;
}

/* Cuts from the first double quote to the last: between them may stand anything. */
static char *without_quoted(const char *text)
{
	const char *first = strchr(text, '"');
	const char *last = strrchr(text, '"');

	if (!first || first == last)
		return mem_strdup(text);
	return mem_printf("%.*s\"...\"%s", (int)(first - text), text, last + 1);
}

static bool unwanted_line(const char *line, size_t len)
{
	static const char *const labels[] = { "DETAIL:", "HINT:", "CONTEXT:", "LOCATION:", "LINE ", "QUERY:" };

	if (len == 0 || isspace((unsigned char)line[0]))
		return true;
	for (size_t i = 0; i < sizeof labels / sizeof *labels; i++)
		if (strncmp(line, labels[i], strlen(labels[i])) == 0)
			return true;
	return false;
}

/* libpq's text as part of a sentence: one line, without hints (they are tabbed), details and the last full stop. */
static char *one_line(const char *text)
{
	struct strbuf out = STRBUF_INIT;

	while (*text) {
		size_t len = strcspn(text, "\n");

		if (!unwanted_line(text, len)) {
			if (out.len)
				strbuf_puts(&out, "; ");
			strbuf_add(&out, text, len);
		}
		text += len;
		if (*text)
			text++;
	}
	while (out.len && strchr(". ", out.data[out.len - 1]))
		strbuf_truncate(&out, out.len - 1);
	return strbuf_detach(&out);
}

static const char *uri_rest(const char *conninfo)
{
	static const char *const schemes[] = { "postgresql://", "postgres://" };

	for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++)
		if (strncmp(conninfo, schemes[i], strlen(schemes[i])) == 0)
			return conninfo + strlen(schemes[i]);
	return NULL;
}

/*
 * A '@' or '/' in a password that is not written as %40 or %2F makes libpq
 * take a part of the password for host, port or database, and say so.
 */
static bool uri_splits_password(const char *rest)
{
	size_t end = strcspn(rest, "?");
	size_t slash = strcspn(rest, "/");
	const char *at = memchr(rest, '@', end);

	if (!at)
		return false;
	return at > rest + slash || memchr(at + 1, '@', (size_t)(rest + end - at - 1));
}

int db_error_conninfo(struct error *err, const char *conninfo)
{
	const char *rest = uri_rest(conninfo);
	PQconninfoOption *options = NULL;
	char *message = NULL, *line = NULL, *safe = NULL;

	if (!rest && !strchr(conninfo, '='))
		return 0; /* the name of a database, or nothing */
	if (rest && uri_splits_password(rest))
		return error_exit(err, EXIT_CONFIG, "The connection URI in conninfo ([postgres]) has an \"@\" too many; "
				  "write special characters of a password as %%40 and the like, "
				  "or put the password into ~/.pgpass.");
	options = PQconninfoParse(conninfo, &message);
	if (options) {
		for (PQconninfoOption *option = options; option->keyword; option++)
			if (option->val)
				mem_wipe(option->val, strlen(option->val));
		PQconninfoFree(options);
		return 0;
	}
	line = one_line(message ? message : "");
	safe = without_quoted(line);
	error_exit(err, EXIT_CONFIG, "The setting conninfo ([postgres]) cannot be read: %s; correct it "
		   "(\"host=... dbname=... user=...\" or a postgresql:// URI).", safe);
	if (message)
		mem_wipe(message, strlen(message));
	PQfreemem(message);
	mem_free_secret(line);
	mem_free(safe);
	return -1;
}

struct advice {
	const char *sign; /* a SQLSTATE, or a piece of libpq's text */
	int exit_code;
	const char *remedy;
};

static const struct advice by_sqlstate[] = {
	{ "28P01", EXIT_CONFIG, "Check the password in conninfo ([postgres]), PGPASSWORD or ~/.pgpass." },
	{ "28000", EXIT_CONFIG, "Check that the role exists, may log in, and that pg_hba.conf lets it in." },
	{ "3D000", EXIT_CONFIG, "Create the database, or correct dbname in conninfo ([postgres])." },
	{ "42501", EXIT_CONFIG, "Grant the role CONNECT on the database." },
	{ "57P03", EXIT_LATER, "The server is starting or stopping: try again in a moment." },
	{ "53300", EXIT_LATER, "No connection is free: raise max_connections or close some." },
};

static const struct advice by_text[] = {
	{ "no password supplied", EXIT_CONFIG, "Give a password in conninfo ([postgres]), PGPASSWORD or ~/.pgpass." },
	{ "No such file or directory", EXIT_LATER, "Is the server running, and is host in conninfo ([postgres]) "
	  "the directory of its socket?" },
	{ "Connection refused", EXIT_LATER, "Is the server running, and does it listen at that address and port?" },
	{ "could not translate host name", EXIT_LATER, "Check host in conninfo ([postgres]) and the name service." },
	{ "service file", EXIT_CONFIG, "Check the service file and the service in conninfo ([postgres])." },
	{ "definition of service", EXIT_CONFIG, "Check the service file and the service in conninfo ([postgres])." },
	{ "certificate", EXIT_CONFIG, "Check sslmode, sslrootcert and the server's certificate." },
	{ "does not support SSL", EXIT_CONFIG, "Turn on ssl in the server or correct sslmode." },
	{ "could not match", EXIT_CONFIG, "Correct conninfo ([postgres])." },
	{ "invalid ", EXIT_CONFIG, "Correct conninfo ([postgres])." },
};

static const struct advice *advise(const char *sqlstate, const char *text)
{
	static const struct advice none = { "", EXIT_LATER, "Try again later, or try psql with the same settings." };

	for (size_t i = 0; i < sizeof by_sqlstate / sizeof *by_sqlstate; i++)
		if (strcmp(sqlstate, by_sqlstate[i].sign) == 0)
			return &by_sqlstate[i];
	for (size_t i = 0; !sqlstate[0] && i < sizeof by_text / sizeof *by_text; i++)
		if (strstr(text, by_text[i].sign))
			return &by_text[i];
	return &none;
}

/*
 * While connecting there is no result that would carry the SQLSTATE, so the
 * verbosity is such that the text does: "FATAL:  28P01: password ...".  The
 * severity may be translated, so it is the code that is looked for, and cut out.
 */
static void take_sqlstate(char *text, char sqlstate[DB_SQLSTATE_SIZE])
{
	sqlstate[0] = '\0';
	for (char *p = strstr(text, ":  "); p; p = strstr(p, ":  ")) {
		char *code = p + 3;
		size_t len = strspn(code, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ");

		p = code - 1;
		if (len != 5 || strncmp(code + 5, ": ", 2) != 0)
			continue;
		memcpy(sqlstate, code, 5);
		sqlstate[5] = '\0';
		memmove(code - 1, code + 7, strlen(code + 7) + 1);
	}
}

int db_error_connect(struct db *db, struct error *err)
{
	char *text = one_line(PQerrorMessage(db->conn));
	const struct advice *advice = NULL;
	const char *user = PQuser(db->conn);

	take_sqlstate(text, db->sqlstate);
	advice = advise(db->sqlstate, text);
	/* Before it tries anything, libpq checks what it was given, and quotes it. */
	if (strncmp(text, "invalid ", 8) == 0) {
		char *safe = without_quoted(text);

		mem_free_secret(text);
		text = safe;
	}
	text = without(text, PQpass(db->conn));
	error_exit(err, advice->exit_code, "Cannot connect to %s%s%s: %s. %s", db->describe,
		   user && user[0] ? " as user " : "", user ? user : "", text[0] ? text : "no reason given",
		   advice->remedy);
	mem_free(text);
	return -1;
}

static enum error_kind kind_of(const char *sqlstate, const char *severity)
{
	static const char *const later[] = { "08", "40", "53", "57", "58", "25006", "25P03", "25P04", "55P03", "55006" };

	if (strcmp(sqlstate, "40001") == 0 || strcmp(sqlstate, "40P01") == 0)
		return ERROR_NOW;
	if (severity && (strcmp(severity, "FATAL") == 0 || strcmp(severity, "PANIC") == 0))
		return ERROR_LATER; /* that session is gone; another may fare better */
	for (size_t i = 0; i < sizeof later / sizeof *later; i++)
		if (strncmp(sqlstate, later[i], strlen(later[i])) == 0)
			return ERROR_LATER;
	return ERROR_NEVER;
}

/* Data exceptions (class 22) quote the value that they dislike, in the server's language. */
static char *without_data(char *text, const char *sqlstate)
{
	char *safe = NULL;

	if (strncmp(sqlstate, "22", 2) != 0)
		return text;
	safe = without_quoted(text);
	for (const char *p = safe; *p; p++)
		if (!isascii((unsigned char)*p)) {
			mem_free_secret(safe);
			safe = mem_strdup("a value does not fit its type");
			break;
		}
	mem_free_secret(text);
	return safe;
}

/*
 * Whether the server's message names objects and quotes no values: a right that is missing, something that is
 * there or is not, something that others depend on.  What is not said then cannot be mended.
 */
static bool names_objects(const char *sqlstate)
{
	static const char *const codes[] = { "2BP01", "3F000", "42501", "42703", "42704", "42710", "42723", "42883", "42P01",
					     "42P06", "42P07" };

	for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
		if (strcmp(sqlstate, codes[i]) == 0)
			return true;
	return false;
}

/* Adds the DETAIL where it is the list of what depends on what should have been dropped. */
static char *with_dependants(char *text, const PGresult *result, const char *sqlstate)
{
	const char *detail = PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL);
	char *line = NULL, *whole = NULL;

	if (!detail || strcmp(sqlstate, "2BP01") != 0)
		return text;
	line = one_line(detail);
	whole = mem_printf("%s: %s", text, line);
	mem_free(line);
	mem_free(text);
	return whole;
}

/* No name of an object is longer, so a longer parameter is none. */
enum { NAME_MOST = 63 };

static char *without_params(char *text, const struct db_statement *statement, bool objects)
{
	for (int i = 0; i < statement->param_count; i++)
		if (!objects || (statement->params[i] && strlen(statement->params[i]) > NAME_MOST))
			text = without(text, statement->params[i]);
	return text;
}

int db_error_result(const struct db *db, const struct db_unit *unit, const PGresult *result,
		    char sqlstate[DB_SQLSTATE_SIZE], struct error *err)
{
	const char *code = PQresultErrorField(result, PG_DIAG_SQLSTATE);
	const char *primary = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
	char *text = one_line(primary ? primary : PQresultErrorMessage(result));
	enum error_kind kind = ERROR_NEVER;

	memset(sqlstate, 0, DB_SQLSTATE_SIZE);
	if (code)
		memcpy(sqlstate, code, strnlen(code, DB_SQLSTATE_SIZE - 1));
	/* Without a code it is libpq that speaks: the connection broke. */
	kind = code ? kind_of(sqlstate, PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED)) : ERROR_LATER;
	text = without_data(text, sqlstate);
	for (int i = 0; unit && i < unit->count; i++)
		text = without_params(text, &unit->statements[i], names_objects(sqlstate));
	text = with_dependants(text, result, sqlstate);
	error_set(err, kind, "The server of %s refused a statement: %s%s%s%s.", db->describe, text,
		  code ? " (SQLSTATE " : "", code ? sqlstate : "", code ? ")" : "");
	if (kind == ERROR_LATER)
		err->exit_code = EXIT_LATER;
	mem_free(text);
	return -1;
}

/*
 * libpq's own last line.  Above it may still stand what the server said about
 * an earlier statement, values included.
 */
static char *last_words(const char *message)
{
	char *text = one_line(message);
	const char *last = text;
	char *words = NULL;

	for (const char *p = strstr(text, "; "); p; p = strstr(p + 2, "; "))
		last = p + 2;
	words = mem_strdup(strstr(last, ":  ") ? "" : last); /* "ERROR:  ..." is the server's */
	mem_free_secret(text);
	return words;
}

int db_error_lost(const struct db *db, struct error *err)
{
	char *text = db->farewell ? one_line(db->farewell) : last_words(PQerrorMessage(db->conn));

	error_exit(err, EXIT_LATER, "The connection to %s was lost: %s. Try again when the server is back.",
		   db->describe, text[0] ? text : "no reason given");
	mem_free(text);
	return -1;
}

/*
 * metrics_file - the metrics as a file, for node_exporter's textfile collector.
 *
 * A reader sees the old text or the new one, never a part: it is written to a
 * file beside it, made durable and renamed.  Readable by everybody (0644),
 * whatever the umask says, since another user's node_exporter reads it.
 * The collector takes *.prom alone; "PATH.XXXXXX.tmp" is none.
 */
#ifndef METRICS_FILE_H
#define METRICS_FILE_H

#include "error.h"
#include "strbuf.h"

/* On failure the old file stays, and nothing is left beside it. */
int metrics_file_write(const char *path, const struct strbuf *text, struct error *err);

#endif

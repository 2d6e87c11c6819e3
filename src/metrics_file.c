/* metrics_file - the metrics as a file, for node_exporter's textfile collector. */
#include "metrics_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mem.h"

static int write_all(int fd, const char *data, size_t len)
{
	while (len > 0) {
		ssize_t written = write(fd, data, len);

		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return -1;
		data += written;
		len -= (size_t)written;
	}
	return 0;
}

int metrics_file_write(const char *path, const struct strbuf *text, struct error *err)
{
	char *beside = mem_printf("%s.XXXXXX.tmp", path);
	int fd = mkostemps(beside, 4, O_CLOEXEC);
	int rc = -1, why = 0;

	if (fd >= 0)
		rc = write_all(fd, text->data, text->len) || fchmod(fd, 0644) || fsync(fd) ? -1 : 0;
	why = errno;
	if (fd >= 0 && close(fd) && !rc) {
		why = errno;
		rc = -1;
	}
	if (!rc && rename(beside, path)) {
		why = errno;
		rc = -1;
	}
	if (rc && fd >= 0)
		unlink(beside);
	if (rc)
		error_set(err, ERROR_LATER,
			  "metrics_file in [listen]: %s cannot be written (%s); the user that swbridge runs as needs "
			  "write access to its directory.", path, strerror(why));
	mem_free(beside);
	return rc;
}

/* metrics_process - what the kernel says of this process, for the metrics. */
#include "metrics_process.h"

#include <dirent.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

/* proc(5): the second number of statm is the resident set, in pages. */
static int64_t resident_bytes(void)
{
	FILE *file = fopen("/proc/self/statm", "re");
	long long size = 0, resident = 0;
	int64_t bytes = METRICS_UNKNOWN;

	if (!file)
		return METRICS_UNKNOWN;
	if (fscanf(file, "%lld %lld", &size, &resident) == 2)
		bytes = (int64_t)resident * sysconf(_SC_PAGESIZE);
	fclose(file);
	return bytes;
}

static int64_t open_fds(void)
{
	DIR *directory = opendir("/proc/self/fd");
	const struct dirent *entry = NULL;
	int64_t count = 0;

	if (!directory)
		return METRICS_UNKNOWN;
	while ((entry = readdir(directory)))
		count += entry->d_name[0] != '.';
	closedir(directory);
	return count - 1; /* the directory itself */
}

void metrics_process(struct metrics *m)
{
	struct rlimit limit = { 0 };

	m->resident_bytes = resident_bytes();
	m->open_fds = open_fds();
	m->max_fds = METRICS_UNKNOWN;
	if (!getrlimit(RLIMIT_NOFILE, &limit) && limit.rlim_cur != RLIM_INFINITY)
		m->max_fds = (int64_t)limit.rlim_cur;
}

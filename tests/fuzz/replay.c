/* replay - gives each file of a corpus directory to a fuzzer's entry point, and says so in TAP. */
#include "fuzz.h"

#include "mem.h"
#include "strbuf.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int read_file(const char *path, struct strbuf *content)
{
	FILE *file = fopen(path, "rb");
	char piece[4096];
	size_t len = 0;
	int status = -1;

	if (!file)
		return -1;
	while ((len = fread(piece, 1, sizeof piece, file)) > 0)
		strbuf_add(content, piece, len);
	if (!ferror(file))
		status = 0;
	fclose(file);
	return status;
}

/* An exact copy, so that a sanitizer sees a step beyond the end. */
static void replay(const struct strbuf *content)
{
	uint8_t *copy = malloc(content->len ? content->len : 1);

	if (!copy)
		abort();
	memcpy(copy, content->data, content->len);
	LLVMFuzzerTestOneInput(copy, content->len);
	free(copy);
}

static int is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

int main(int argc, char **argv)
{
	const char *source = getenv("SRCDIR");
	char *directory = argc > 1 ? mem_strdup(argv[1]) :
			  mem_printf("%s/tests/fuzz/corpus/%s", source ? source : ".", FUZZ_CORPUS);
	struct dirent **files = NULL;
	int count = scandir(directory, &files, is_visible, alphasort);
	int failed = 0;

	if (count <= 0) {
		printf("Bail out! There is nothing to replay in %s\n", directory);
		mem_free(directory);
		return 1;
	}
	printf("1..%d\n", count);
	for (int i = 0; i < count; i++) {
		char *path = mem_printf("%s/%s", directory, files[i]->d_name);
		struct strbuf content = STRBUF_INIT;
		int status = read_file(path, &content);

		if (status == 0)
			replay(&content);
		failed |= status;
		printf("%s %d - %s\n", status ? "not ok" : "ok", i + 1, files[i]->d_name);
		fflush(stdout);
		strbuf_release(&content);
		mem_free(path);
		free(files[i]);
	}
	free(files);
	mem_free(directory);
	return failed ? 1 : 0;
}

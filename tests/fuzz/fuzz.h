/*
 * fuzz - what a fuzzed module offers: libFuzzer's entry point.
 *
 * With clang's -fsanitize=fuzzer libFuzzer calls it; in `make check` replay.c
 * does, once for each file of the corpus.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif

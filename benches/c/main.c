/* SPDX-License-Identifier: Apache-2.0
 *
 *   bench FOLDER               reads lines "case passes", answers "nanoseconds operations"
 *   bench FOLDER list          names of the cases and operations of a pass
 *   bench FOLDER once CASE...  one pass of each, for an instruction counter
 *   bench FOLDER heap CASE...  names and calls of the allocator of one pass
 *
 * Time is the CPU time of the process: what another process takes does not count.
 */
#define _POSIX_C_SOURCE 200809L

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench.h"

volatile size_t bench_sink;

void broken(const char *what)
{
    fprintf(stderr, "bench: %s\n", what);
    exit(2);
}

static uint8_t *read_all(const char *folder, const char *name, size_t *size)
{
    char path[4096];
    if (snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path)
        broken("the folder has too long a name");
    FILE *file = fopen(path, "rb");
    if (file == NULL || fseek(file, 0, SEEK_END) != 0)
        broken("a file of the material is missing");
    const long end = ftell(file);
    rewind(file);
    uint8_t *bytes = end < 0 ? NULL : malloc((size_t)end + 1);
    if (bytes == NULL || fread(bytes, 1, (size_t)end, file) != (size_t)end)
        broken("a file of the material cannot be read");
    fclose(file);
    *size = (size_t)end;
    return bytes;
}

struct items load(const char *folder, const char *name)
{
    struct items items = {NULL, 0};
    size_t size;
    const uint8_t *bytes = read_all(folder, name, &size);
    items.at = calloc(size / 4 + 1, sizeof *items.at);
    if (items.at == NULL)
        broken("no memory");
    for (size_t at = 0; at < size;) {
        if (size - at < 4)
            broken("a file of the material is cut off");
        const size_t n = (size_t)bytes[at] << 24 | (size_t)bytes[at + 1] << 16 |
                         (size_t)bytes[at + 2] << 8 | bytes[at + 3];
        at += 4;
        if (n > size - at)
            broken("a file of the material is cut off");
        items.at[items.count].p = bytes + at;
        items.at[items.count++].n = n;
        at += n;
    }
    return items;
}

/* A function of its own, which an instruction counter can be pointed at. */
__attribute__((noinline)) void bench_pass(const struct bench_case *it);
void bench_pass(const struct bench_case *it) { it->pass(it->with); }

static const struct bench_case *named(const struct bench_case *cases, size_t count,
                                      const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(cases[i].name, name) == 0)
            return &cases[i];
    broken("no case of this name");
}

static long long now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (long long)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void serve(const struct bench_case *cases, size_t count)
{
    char name[64];
    unsigned long passes;
    while (scanf("%63s %lu", name, &passes) == 2) {
        const struct bench_case *it = named(cases, count, name);
        const long long start = now_ns();
        for (unsigned long i = 0; i < passes; i++)
            bench_pass(it);
        printf("%lld %lu\n", now_ns() - start, passes * it->ops);
        fflush(stdout);
    }
}

/* A counter that misses a call which is there must not say 0. */
static void check_heap(void)
{
    const size_t before = heap_calls();
    void *volatile block = malloc(1);
    free(block);
    if (heap_calls() != before + 1)
        broken("the counter of allocations does not count");
}

static void heap(const struct bench_case *it)
{
    bench_pass(it); /* what is made once and kept does not count */
    const size_t before = heap_calls();
    bench_pass(it);
    printf("%s %zu\n", it->name, heap_calls() - before);
}

int main(int argc, char **argv)
{
    struct bench_case cases[BENCH_CASES];
    size_t count = 0;
    if (argc < 2)
        broken("usage: bench FOLDER [list | once CASE... | heap CASE...]");
    count += tlv_cases(argv[1], cases + count);
    count += tap_cases(argv[1], cases + count);
    count += oda_cases(argv[1], cases + count);
    count += slot_cases(argv[1], cases + count);
    count += gmp_cases(argv[1], cases + count);
    count += openssl_cases(argv[1], cases + count);
    const int counts_heap = argc > 2 && strcmp(argv[2], "heap") == 0;
    if (counts_heap)
        check_heap();
    if (argc == 2)
        serve(cases, count);
    else if (strcmp(argv[2], "list") == 0)
        for (size_t i = 0; i < count; i++)
            printf("%s %zu\n", cases[i].name, cases[i].ops);
    else
        for (int i = 3; i < argc; i++)
            (counts_heap ? heap : bench_pass)(named(cases, count, argv[i]));
    return 0;
}

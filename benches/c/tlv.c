/* SPDX-License-Identifier: Apache-2.0
 *
 * tapk_tlv_index next to a scanner that looks at the same headers, checks the same lengths against
 * the same parents, and keeps nothing but their number.
 */
#include "data/tlv.h"

#include "bench.h"

#define NODES 256

/* The number of objects, 0 when the coding is wrong. */
static size_t scan(const uint8_t *at, size_t len)
{
    const uint8_t *ends[TAPK_TLV_DEPTH];
    const uint8_t *end = at + len;
    size_t depth = 0;
    size_t count = 0;
    for (;;) {
        while (at == end) {
            if (depth == 0)
                return count;
            end = ends[--depth];
        }
        const uint8_t first = *at++;
        if (first == 0)
            continue;
        if ((first & 0x1F) == 0x1F) {
            unsigned more = 3;
            do {
                if (at == end || more-- == 0)
                    return 0;
            } while (*at++ & 0x80);
        }
        if (at == end)
            return 0;
        size_t n = *at++;
        if (n >= 0x80) {
            if (n > 0x82 || n == 0x80 || (size_t)(end - at) < n - 0x80)
                return 0;
            const size_t high = n == 0x82 ? *at++ : 0u;
            n = high << 8 | *at++;
        }
        if (n > (size_t)(end - at))
            return 0;
        count++;
        if ((first & 0x20) && depth < TAPK_TLV_DEPTH) {
            ends[depth++] = end;
            end = at + n;
        } else {
            at += n;
        }
    }
}

static void index_pass(const void *with)
{
    const struct items *corpus = with;
    struct tapk_tlv_node nodes[NODES];
    size_t total = 0;
    for (size_t i = 0; i < corpus->count; i++) {
        size_t count;
        size_t offset;
        if (tapk_tlv_index(corpus->at[i].p, corpus->at[i].n, 0, nodes, NODES, &count, &offset))
            broken("a message was refused");
        total += count;
    }
    bench_sink = total;
}

static void scan_pass(const void *with)
{
    const struct items *corpus = with;
    size_t total = 0;
    for (size_t i = 0; i < corpus->count; i++) {
        const size_t count = scan(corpus->at[i].p, corpus->at[i].n);
        if (count == 0)
            broken("a message was refused");
        total += count;
    }
    bench_sink = total;
}

static size_t add(const struct items *corpus, const char *indexed, const char *scanned,
                  struct bench_case *cases)
{
    index_pass(corpus);
    const size_t count = bench_sink;
    scan_pass(corpus);
    if (count != bench_sink || count == 0)
        broken("index and scanner disagree");
    cases[0] = (struct bench_case){indexed, corpus->count, index_pass, corpus};
    cases[1] = (struct bench_case){scanned, corpus->count, scan_pass, corpus};
    return 2;
}

size_t tlv_cases(const char *folder, struct bench_case *cases)
{
    static struct items small;
    static struct items big;
    small = load(folder, "small");
    big = load(folder, "big");
    return add(&small, "tlv.small", "scan.small", cases) +
           add(&big, "tlv.big", "scan.big", cases + 2);
}

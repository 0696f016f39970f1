/* SPDX-License-Identifier: Apache-2.0
 *
 * Data object lists: the reader beside another one, values put into the length that is asked for,
 * and a whole list filled by a tap that has begun. Input: length of the list, list, a value.
 */
#include <stdlib.h>
#include <string.h>

#include "context.h"
#include "data/dol.h"
#include "fuzz.h"
#include "terminal.h"

/* Entries of a list (DOL-001, DOL-014): their number, or -1. */
static int entries_of(const uint8_t *p, size_t n, uint32_t tags[256], uint8_t lengths[256])
{
    size_t at = 0;
    int count = 0;
    while (at < n) {
        size_t end = at + 1;
        if (p[at] % 32 == 31) {
            while (end < n && p[end] >= 128)
                end++;
            end++;
        }
        if (end - at > 4 || end >= n)
            return -1;
        tags[count] = 0;
        while (at < end)
            tags[count] = tags[count] * 256 + p[at++];
        lengths[count++] = p[at++];
    }
    return count;
}

/* DOL-006...DOL-011, byte by byte from the right or from the left. */
static uint8_t fitted(const uint8_t *value, size_t n, size_t wanted, uint8_t format, size_t i)
{
    if (format == TAPK_FORMAT_N)
        return wanted - i <= n ? value[n - (wanted - i)] : 0;
    if (i < n)
        return value[i];
    return format == TAPK_FORMAT_CN ? 0xFF : 0;
}

static void fit_rules(const uint8_t *value, size_t n, uint8_t wanted)
{
    for (uint8_t format = TAPK_FORMAT_N; format <= TAPK_FORMAT_VAR; format++) {
        uint8_t *out = exactly(NULL, wanted);
        tapk_dol_fit(out, wanted, value, n, format);
        for (size_t i = 0; i < wanted; i++)
            MUST(out[i] == fitted(value, n, wanted, format, i), "a value is fitted");
        free(out);
    }
}

/* The elements of the terminal, as the transaction of terminal_begin gave them. */
static void filled_rules(const uint8_t *list, size_t n, int count, const uint32_t tags[256],
                         const uint8_t lengths[256], size_t total)
{
    struct tapk_ctx *ctx = terminal_begun();
    const struct tapk_span dol = {list, n};
    uint8_t *out = exactly(NULL, total);
    size_t used = 0, at = 0;
    const int result = tapk_dol_fill(ctx, dol, out, total, &used);
    MUST(result == (count < 0 ? 1 : 0), "a list that can be read can be filled");
    if (result == 0) {
        MUST(used == total, "a filled list has its length (DOL-002)");
        for (int i = 0; i < count; at += lengths[i++]) {
            uint8_t zero = 0;
            for (size_t j = 0; j < lengths[i]; j++)
                zero |= out[at + j];
            if (tags[i] == 0x9F02 && lengths[i] == 6)
                MUST(memcmp(out + at, "\0\0\0\0\x12\x34", 6) == 0, "the amount of the terminal");
            if (tags[i] == 0x5F2A && lengths[i] == 2)
                MUST(memcmp(out + at, "\x01\x56", 2) == 0, "the currency of the terminal");
            if (tapk_tag_constructed(tags[i]) || tapk_tag_find(tags[i]) == NULL)
                MUST(zero == 0, "what is not known gives zeros (DOL-003, DOL-004)");
        }
    }
    if (total > 0 && count >= 0) {
        uint8_t *less = exactly(NULL, total - 1);
        MUST(tapk_dol_fill(ctx, dol, less, total - 1, &used) == 1, "not into less memory");
        free(less);
    }
    free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint32_t tags[256];
    static uint8_t lengths[256];
    struct tapk_dol_entry entry;
    size_t total = 0, sum = 0;
    int seen = 0, result;
    if (size < 1)
        return 0;
    const size_t n = data[0] < size - 1 ? data[0] : size - 1;
    uint8_t *list = exactly(data + 1, n);
    uint8_t *value = exactly(data + 1 + n, size - 1 - n);
    const int count = entries_of(list, n, tags, lengths);
    struct tapk_cursor cursor = tapk_cursor(list, n, 0);
    while ((result = tapk_dol_next(&cursor, &entry)) == TAPK_TLV_OK) {
        uint8_t length = 0;
        MUST(entry.tag == tags[seen] && entry.length == lengths[seen], "an entry as it is there");
        MUST(tapk_dol_asks(tapk_cursor(list, n, 0), entry.tag, &length), "what is there is asked");
        sum += lengths[seen++];
        fit_rules(value, size - 1 - n < 255 ? size - 1 - n : 255, entry.length);
    }
    MUST((result == TAPK_TLV_BAD) == (count < 0) && (count < 0 || seen == count), "all entries");
    result = tapk_dol_check(tapk_cursor(list, n, 0), &total);
    MUST((result == TAPK_TLV_OK) == (count >= 0) && (count < 0 || total == sum), "their sum");
    filled_rules(list, n, count, tags, lengths, count < 0 ? 0 : sum);
    free(list);
    free(value);
    return 0;
}

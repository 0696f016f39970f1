/* SPDX-License-Identifier: Apache-2.0
 *
 * The DOL builder: a list of up to ENTRIES entries of any tags and lengths, an output of up to N
 * bytes. tapk_dol_check and tapk_dol_next give the list (dol.c has their proofs), tapk_dol_fit is
 * the contract that dol.c proves, elements have any value.
 */
#include <stdlib.h>

#include "memory.h"

#include "../src/value.c"

static struct tapk_ctx ctx;
static uint8_t lengths[ENTRIES];
static size_t entries;
static size_t given;

int tapk_dol_check(struct tapk_cursor cursor, size_t *total)
{
    (void)cursor;
    *total = 0;
    for (size_t i = 0; i < ENTRIES; i++)
        if (i < entries)
            *total += lengths[i];
    return nondet_int() ? TAPK_TLV_OK : TAPK_TLV_BAD;
}

int tapk_dol_next(struct tapk_cursor *cursor, struct tapk_dol_entry *entry)
{
    (void)cursor;
    if (given == entries)
        return TAPK_TLV_END;
    entry->tag = nondet_u32();
    entry->length = lengths[given++];
    return TAPK_TLV_OK;
}

void tapk_dol_fit(uint8_t *out, size_t wanted, const uint8_t *value, size_t n, uint8_t format)
{
    (void)format;
    prove(wanted == 0 || __CPROVER_w_ok(out, wanted), "a field of the output");
    prove(n == 0 || __CPROVER_r_ok(value, n), "a value");
}

const struct tapk_tag_info *tapk_tag_find(uint32_t tag)
{
    static struct tapk_tag_info info;
    (void)tag;
    info.format = nondet_u8();
    return nondet_int() ? &info : NULL;
}

int any_value(const struct tapk_ctx *of, uint32_t tag, struct tapk_span *value, uint8_t *origin)
{
    const size_t n = up_to(255);
    (void)of;
    (void)tag;
    value->p = (uint8_t *)malloc(255) + (255 - n);
    value->n = n;
    *origin = nondet_u8();
    return nondet_int();
}

void proof_fill_dol(void)
{
    const size_t capacity = up_to(N);
    uint8_t *out = (uint8_t *)malloc(N) + (N - capacity);
    const struct tapk_span dol = {NULL, 0};
    size_t used;
    any(lengths);
    entries = up_to(ENTRIES);
    ctx.transaction.amount = nondet_u64();
    ctx.transaction.other = nondet_u64();
    const int result = tapk_dol_fill(&ctx, dol, out, capacity, &used);
    if (result == 0) {
        prove(used <= capacity, "inside of the output");
        reach("filled");
    } else if (result == 1) {
        reach("malformed or too long");
    } else {
        reach("an amount that does not fit");
    }
}

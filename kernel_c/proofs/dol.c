/* SPDX-License-Identifier: Apache-2.0
 *
 * Lists of tags and DOLs. Assumed: a list lies in one object and ends with it; a value has at most
 * as many bytes as its piece of memory.
 */
#include "proof.h"

#include "../src/data/dol.c"

static uint8_t bytes[N];

static struct tapk_cursor any_cursor(void)
{
    const size_t n = up_to(N);
    any(bytes);
    return tapk_cursor(bytes + (N - n), n, 0);
}

void proof_dol_next(void)
{
    struct tapk_cursor c = any_cursor();
    const size_t before = c.left;
    struct tapk_dol_entry entry;
    const int result = tapk_dol_next(&c, &entry);
    prove(c.left <= before && c.at == bytes + (N - c.left), "the cursor stays in the list");
    if (result == TAPK_TLV_OK) {
        prove(c.left + 2 <= before && c.left + 5 >= before, "an entry has two to five bytes");
        reach("an entry");
    } else {
        prove(c.left == before, "else the cursor stays where it was");
        prove(result == TAPK_TLV_BAD || before == 0, "the end is at the end");
        reach("no entry");
    }
}

void proof_dol_tag(void)
{
    struct tapk_cursor c = any_cursor();
    const size_t before = c.left;
    uint32_t tag;
    if (tapk_tag_next(&c, &tag) == TAPK_TLV_OK) {
        prove(c.left < before && c.at == bytes + (N - c.left), "every success advances");
        reach("a tag");
    } else {
        prove(c.left == before, "else the cursor stays where it was");
        reach("no tag");
    }
}

/* What proof_dol_next shows, in place of it. */
int entry_again(struct tapk_cursor *cursor, struct tapk_dol_entry *entry)
{
    static unsigned calls;
    prove(__CPROVER_same_object(cursor->at, bytes) &&
              __CPROVER_POINTER_OFFSET(cursor->at) == N - cursor->left,
          "the cursor stays in the list");
    prove(cursor->left <= N - 2 * calls, "every turn comes closer to the end");
    assume(cursor->left <= N - 2 * calls);
    calls++;
    entry->tag = nondet_u32();
    if (nondet_int()) {
        const int result = nondet_int();
        assume(result == TAPK_TLV_BAD || (result == TAPK_TLV_END && cursor->left == 0));
        return result;
    }
    const uint16_t left = nondet_u16();
    assume(left + 2 <= cursor->left);
    cursor->left = left;
    cursor->at = bytes + (N - left);
    entry->length = nondet_u8();
    return TAPK_TLV_OK;
}

void proof_dol_check(void)
{
    const struct tapk_cursor c = any_cursor();
    size_t total;
    if (tapk_dol_check(c, &total) == TAPK_TLV_OK) {
        prove(total <= (N / 2) * 255, "a sum of lengths");
        reach("a sound list");
    } else {
        reach("a wrong one");
    }
}

void proof_dol_asks(void)
{
    const struct tapk_cursor c = any_cursor();
    uint8_t length;
    if (tapk_dol_asks(c, nondet_u32(), &length))
        reach("asked for");
    else
        reach("not asked for");
}

/* DOL-006...DOL-011 to the byte: which bytes of the value stay, which padding is put where. */
void proof_dol_fit(void)
{
    uint8_t value[N];
    uint8_t out[N + 1];
    const size_t wanted = up_to(N);
    const size_t n = up_to(N);
    const uint8_t format = nondet_u8();
    const uint8_t *from = value + (N - n);
    any(value);
    out[wanted] = 0x5A;
    tapk_dol_fit(out, wanted, from, n, format);
    prove(out[wanted] == 0x5A, "nothing behind the field is written");
    const size_t i = nondet_size();
    assume(i < wanted);
    if (format == TAPK_FORMAT_N)
        prove(out[i] == (i + n < wanted ? 0 : from[i + n - wanted]), "numbers stand right");
    else
        prove(out[i] == (i < n ? from[i] : format == TAPK_FORMAT_CN ? 0xFF : 0), "others left");
    reach("a field");
}

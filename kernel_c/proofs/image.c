/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading a configuration image. Assumed: the image ends with its object. The TLV functions give
 * any answer that they can give (tlv.c has their proofs).
 */
#include <stdlib.h>

#include "memory.h"

#include "../src/config/image.c"

static uint8_t bytes[N];

int tapk_tlv_check(struct tapk_cursor cursor)
{
    prove(cursor.left == 0 || __CPROVER_r_ok(cursor.at, cursor.left), "a body is there");
    return nondet_int();
}

int tapk_tlv_find(struct tapk_cursor cursor, uint32_t tag, struct tapk_span *value)
{
    (void)tag;
    prove(cursor.left == 0 || __CPROVER_r_ok(cursor.at, cursor.left), "a body is there");
    if (cursor.left < 2 || nondet_int())
        return TAPK_TLV_END;
    const size_t n = up_to(cursor.left - 2);
    value->p = cursor.at + (cursor.left - n);
    value->n = n;
    return TAPK_TLV_OK;
}

int tapk_bcd_get(const uint8_t *in, size_t n, uint64_t *value)
{
    prove(__CPROVER_r_ok(in, n) && n <= 9, "digits");
    *value = nondet_u64();
    return nondet_int();
}

uint64_t tapk_be_get(const uint8_t *in, size_t n)
{
    prove(__CPROVER_r_ok(in, n) && n <= 8, "bytes of a number");
    return nondet_u64();
}

int tapk_crypto_has(const struct tapk_crypto *table, uint32_t slots)
{
    return table != NULL && slots != 0 && nondet_int();
}

static struct tapk_image any_image(void)
{
    const size_t n = up_to(N);
    any(bytes);
    const struct tapk_image image = {bytes + (N - n), n};
    return image;
}

void proof_image_next(void)
{
    const struct tapk_image image = any_image();
    size_t offset = nondet_size();
    const size_t before = offset;
    struct tapk_entry_view entry;
    const int result = tapk_image_next(image, &offset, &entry);
    if (result == TAPK_TLV_OK) {
        prove(offset >= before + 4 && offset <= image.n, "every success advances");
        prove(entry.body.n == 0 || __CPROVER_r_ok(entry.body.p, entry.body.n), "a body is there");
        prove(entry.body.p + entry.body.n == image.p + offset, "up to the next entry");
        reach("an entry");
    } else {
        reach("none");
    }
}

void proof_image_open(void)
{
    const struct tapk_image image = any_image();
    if (tapk_config_open(image.p, image.n) == TAPK_OK)
        reach("opened");
    else
        reach("refused");
}

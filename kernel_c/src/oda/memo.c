/* SPDX-License-Identifier: Apache-2.0
 *
 * Operations done before. A slot is used only when modulus (or point), exponent and input are the
 * same to the byte, so it can give nothing that the operation would not have given.
 */
#include <string.h>

#include "ahead.h"
#include "oda_internal.h"

#define ISSUER_SLOTS 6u

/* The slot where a result at this level is kept; NULL when it cannot be kept. */
static struct tapk_memo_slot *slot_of(const struct tapk_chain *chain, struct tapk_span in,
                                      enum tapk_level level)
{
    struct tapk_memo *memo = chain->in->memo;
    if (memo == NULL || in.n < 4 || in.n > TAPK_RSA_MAX || chain->n > TAPK_RSA_MAX ||
        chain->exponent.n > 3)
        return NULL;
    /* A certificate looks random: any of its bytes spreads well. */
    const unsigned mixed = in.p[3] ^ in.p[in.n - 1];
    if (level == TAPK_LEVEL_ISSUER) /* issuers come back, cards seldom: they never share a slot */
        return &memo->slot[mixed % ISSUER_SLOTS];
    return &memo->slot[ISSUER_SLOTS + mixed % (TAPK_MEMO_SLOTS - ISSUER_SLOTS)];
}

static int same(const struct tapk_memo_slot *slot, const struct tapk_chain *chain,
                struct tapk_span in)
{
    return slot->n == in.n && slot->exponent_len == chain->exponent.n &&
           (chain->exponent.n == 0 ||
            memcmp(slot->exponent, chain->exponent.p, chain->exponent.n) == 0) &&
           memcmp(slot->in, in.p, in.n) == 0 &&
           memcmp(slot->modulus, chain->modulus, chain->n) == 0;
}

int tapk_memo_find(const struct tapk_chain *chain, enum tapk_level level, struct tapk_span in,
                   uint8_t *out)
{
    const struct tapk_memo_slot *slot = slot_of(chain, in, level);
    if (slot == NULL || !same(slot, chain, in))
        return 0;
    if (out != NULL)
        memcpy(out, slot->out, in.n);
    return 1;
}

void tapk_memo_forget(struct tapk_memo *memo)
{
    memset(&memo->slot[ISSUER_SLOTS], 0,
           (TAPK_MEMO_SLOTS - ISSUER_SLOTS) * sizeof(struct tapk_memo_slot));
}

void tapk_memo_keep(const struct tapk_chain *chain, enum tapk_level level, struct tapk_span in,
                    const uint8_t *out)
{
    struct tapk_memo_slot *slot = slot_of(chain, in, level);
    if (slot == NULL)
        return;
    slot->n = (uint16_t)in.n;
    slot->exponent_len = (uint8_t)chain->exponent.n;
    if (chain->exponent.n != 0)
        memcpy(slot->exponent, chain->exponent.p, chain->exponent.n);
    memcpy(slot->modulus, chain->modulus, chain->n);
    memcpy(slot->in, in.p, in.n);
    if (out != NULL)
        memcpy(slot->out, out, in.n);
}

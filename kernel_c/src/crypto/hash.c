/* SPDX-License-Identifier: Apache-2.0
 *
 * What SHA-1, SHA-256 and SM3 share: blocks of 64 bytes, the padding, big-endian words. Whole
 * blocks are hashed where they lie; only the ends of spans are gathered.
 */
#include "hash.h"

#include <string.h>

void tapk_soft_hash(tapk_block_fn block, uint32_t *state, const struct tapk_span *in, size_t count,
                    uint8_t *out, size_t out_len)
{
    uint8_t part[64];
    size_t filled = 0; /* bytes in part */
    uint64_t total = 0;

    for (size_t i = 0; i < count; i++) {
        const uint8_t *p = in[i].p;
        size_t left = in[i].n;
        total += left;
        while (left > 0) {
            if (filled == 0 && left >= 64) {
                block(state, p);
                p += 64;
                left -= 64;
                continue;
            }
            const size_t n = left < 64 - filled ? left : 64 - filled;
            memcpy(part + filled, p, n);
            p += n;
            left -= n;
            filled += n;
            if (filled == 64) {
                block(state, part);
                filled = 0;
            }
        }
    }
    part[filled++] = 0x80;
    if (filled > 56) {
        memset(part + filled, 0, 64 - filled);
        block(state, part);
        filled = 0;
    }
    memset(part + filled, 0, 56 - filled);
    for (unsigned i = 0; i < 8; i++)
        part[56 + i] = (uint8_t)((total * 8) >> (56 - 8 * i));
    block(state, part);
    for (size_t i = 0; i < out_len; i++)
        out[i] = (uint8_t)(state[i / 4] >> (24 - 8 * (i % 4)));
}

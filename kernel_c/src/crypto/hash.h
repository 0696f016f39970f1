/* SPDX-License-Identifier: Apache-2.0
 *
 * The frame of a hash with 64-byte blocks and big-endian 32-bit words.
 */
#ifndef TAPK_HASH_H
#define TAPK_HASH_H

#include "tapkern/types.h"

/* Takes one block of 64 bytes into the state. */
typedef void (*tapk_block_fn)(uint32_t *state, const uint8_t *in);

/* The hash of the spans in order, out_len bytes of the final state. */
void tapk_soft_hash(tapk_block_fn block, uint32_t *state, const struct tapk_span *in, size_t count,
                    uint8_t *out, size_t out_len);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * An input of the targets that tap: chunks, one behind the other.
 *
 *     kind (1)  time (1)  length (2, big endian)  data
 *
 * Kinds 0 to 15 are events (enum tapk_event_kind) with their data, in the order in which they
 * happen; time is what passes before, x 100 ms, and FF sets the clock back by a second. A length
 * beyond the end counts as what is left.
 */
#ifndef FUZZ_INPUT_H
#define FUZZ_INPUT_H

#include <stddef.h>
#include <stdint.h>

#define CHUNK_TERMINAL 0x20 /* entries of the configuration: terminal.h */
#define CHUNK_TAP 0x21      /* a transaction: ride.c */

#define CHUNK_HEADER 4u

struct chunk {
    uint8_t kind;
    uint8_t time;
    uint16_t len;
    const uint8_t *data;
};

/* The chunk at *at, which is advanced: 1, or 0 at the end. */
static inline int chunk_next(const uint8_t *input, size_t size, size_t *at, struct chunk *chunk)
{
    if (*at >= size || size - *at < CHUNK_HEADER)
        return 0;
    const uint8_t *p = input + *at;
    const size_t left = size - *at - CHUNK_HEADER;
    const size_t len = (size_t)p[2] << 8 | p[3];
    chunk->kind = p[0];
    chunk->time = p[1];
    chunk->len = (uint16_t)(len < left ? len : left);
    chunk->data = p + CHUNK_HEADER;
    *at += CHUNK_HEADER + chunk->len;
    return 1;
}

#endif

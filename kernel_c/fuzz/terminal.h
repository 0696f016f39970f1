/* SPDX-License-Identifier: Apache-2.0
 *
 * Terminals of the targets. A configuration is a list of entries: kind (1), length (2), body as
 * tapk_config_add takes it; or FF and the number of an entry that known.h has.
 */
#ifndef FUZZ_TERMINAL_H
#define FUZZ_TERMINAL_H

#include "context.h"

#define TERMINAL_IMAGE_MAX 16384u
#define TERMINAL_KNOWN 0xFF

struct terminal {
    uint8_t image[TERMINAL_IMAGE_MAX];
    size_t len; /* 0: the configuration was refused */
};

/* Seals the configuration of a list; without one the terminal of known.h. */
void terminal_make(struct terminal *terminal, const uint8_t *list, size_t n);

/* A context in which a payment of 12.34 in 0156 has begun; the same one at every call, anew. */
struct tapk_ctx *terminal_begun(void);

/* An input for the terminal of known.h that ends in an offline approval. */
void terminal_known_tap(struct tapk_span *input);

/* An entry of a list; start and end are its place. */
struct terminal_entry {
    uint8_t kind;
    struct tapk_span body;
    size_t start, end;
};

/* The entry at *at of list[n], which is advanced: 1, or 0 at the end. */
int terminal_entry(const uint8_t *list, size_t n, size_t *at, struct terminal_entry *entry);

/* A CA key that known.h has, by its number: 1, or 0 when there is none. */
int terminal_key(unsigned number, struct tapk_span *body);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * The three functions of the C library as contracts, for harnesses that are about sizes: all bytes
 * must be there to be read and written; what is copied or compared is any value. Included before
 * the sources.
 */
#ifndef TAPK_PROOF_MEMORY_H
#define TAPK_PROOF_MEMORY_H

#include <string.h>

#include "proof.h"

/* A harness that knows the members of its objects says when n bytes are all in one of them. */
#ifndef IN_MEMBER
#define IN_MEMBER(p, n) 1
#endif
#define READABLE(p, n) ((n) == 0 || (__CPROVER_r_ok(p, n) && IN_MEMBER(p, n)))
#define WRITABLE(p, n) ((n) == 0 || (__CPROVER_w_ok(p, n) && IN_MEMBER(p, n)))

static inline void any_memcpy(void *out, const void *in, size_t n)
{
    prove(READABLE(in, n), "memcpy reads what is there");
    prove(WRITABLE(out, n), "memcpy writes into its place");
    if (n > 0)
        __CPROVER_havoc_slice(out, n);
}

static inline int any_memcmp(const void *a, const void *b, size_t n)
{
    prove(READABLE(a, n) && READABLE(b, n), "memcmp reads what is there");
    return nondet_int();
}

static inline void any_memset(void *out, int value, size_t n)
{
    (void)value;
    prove(WRITABLE(out, n), "memset writes into its place");
    if (n > 0)
        __CPROVER_havoc_slice(out, n);
}

#define memcpy any_memcpy
#define memcmp any_memcmp
#define memset any_memset

#endif

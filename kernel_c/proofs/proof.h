/* SPDX-License-Identifier: Apache-2.0
 *
 * What the harnesses share. CBMC alone reads them: nondet_... gives any value of its type.
 *
 * N is the bound of a harness (proofs.toml). Inputs end where their array ends, so that one byte
 * too far is out of bounds. reach(...) says where a harness has to come: a place that no input
 * reaches is an error, because then nothing was proved.
 */
#ifndef TAPK_PROOF_H
#define TAPK_PROOF_H

#include <stddef.h>
#include <stdint.h>

uint8_t nondet_u8(void);
uint16_t nondet_u16(void);
uint32_t nondet_u32(void);
uint64_t nondet_u64(void);
size_t nondet_size(void);
int nondet_int(void);

#define assume(condition) __CPROVER_assume(condition)
#define prove(condition, what) __CPROVER_assert(condition, what)
#define reach(what) __CPROVER_assert(0, "reach: " what)
#define any(object) __CPROVER_havoc_object(&(object))

/* n, from 0 to most. */
static inline size_t up_to(size_t most)
{
    const size_t n = nondet_size();
    assume(n <= most);
    return n;
}

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * The C side of the bench: one process that runs any case on demand. A case is a pass over its
 * material; every module checks what its cases compute before it offers them. A program, not a
 * library: it allocates, and it stops with one line when something is wrong.
 */
#ifndef BENCH_H
#define BENCH_H

#include <stddef.h>
#include <stdint.h>

#include "tapkern/types.h"

#define BENCH_CASES 64

struct bench_case {
    const char *name;
    size_t ops; /* operations of one pass */
    void (*pass)(const void *with);
    const void *with;
};

struct items {
    struct tapk_span *at;
    size_t count;
};

/* Ends the program. */
_Noreturn void broken(const char *what);

/* The byte strings of a file in the folder of the material. */
struct items load(const char *folder, const char *name);

/* One public operation: of RSA, more is the exponent and block the result; of SM2, the key is a
 * point and more the message. */
struct operation {
    struct tapk_span signature;
    struct tapk_span key;
    struct tapk_span more;
    uint8_t block[256];
};

enum { OPERATIONS = 3 }; /* of a chain: issuer certificate, card certificate, signature */

/* Some of the operations of a chain. */
struct work {
    const struct operation *at;
    size_t count;
};

/* The operations in a file of the material. */
const struct operation *load_operations(const char *folder, const char *name);

/* Each adds its cases to cases[] and returns their number. A peer that is not there has none. */
size_t tlv_cases(const char *folder, struct bench_case *cases);
size_t tap_cases(const char *folder, struct bench_case *cases);
size_t oda_cases(const char *folder, struct bench_case *cases);
size_t slot_cases(const char *folder, struct bench_case *cases);
size_t gmp_cases(const char *folder, struct bench_case *cases);
size_t openssl_cases(const char *folder, struct bench_case *cases);

/* Calls of the allocator so far. Only a program with BENCH_HEAP counts them; others stop. */
size_t heap_calls(void);

/* Where results go, so that no compiler leaves the work out. */
extern volatile size_t bench_sink;

#endif

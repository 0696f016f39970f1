/* SPDX-License-Identifier: Apache-2.0
 *
 * A target: what libFuzzer, AFL++ and the plain driver (main.c) call.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include "rules.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Of libFuzzer; the plain driver has none. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed);
size_t LLVMFuzzerCustomCrossOver(const uint8_t *one, size_t one_size, const uint8_t *two,
                                 size_t two_size, uint8_t *out, size_t max_size, unsigned seed);

/* The software provider, checked once. */
const struct tapk_crypto *fuzz_crypto(void);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * The targets oda_rsa and oda_sm2: offline data authentication by itself, over a data set that is
 * the input. Chunks of input.h: kinds 1 to 22 are the elements in the order of oda_input.c, 40 is a
 * record, 50 the parameters, and CHUNK_TERMINAL a CA key as an entry (terminal.h). What succeeds
 * was signed (earned.h), and is the same again, with a memo and without.
 */
#ifndef FUZZ_ODA_INPUT_H
#define FUZZ_ODA_INPUT_H

#include "fuzz.h"

/* One input, with keys of one algorithm (enum tapk_key_algorithm). */
void oda_run(const uint8_t *data, size_t size, uint8_t algorithm);

#endif

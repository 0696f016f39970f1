/* SPDX-License-Identifier: Apache-2.0
 *
 * The SM2 code as devices have it, beside the other in one program.
 */
#ifndef BENCH_SM2_SMALL_H
#define BENCH_SM2_SMALL_H

#include <stdint.h>

/* As tapk_crypto.sm2. */
int small_soft_sm2(void *user, const uint8_t e[32], const uint8_t signature[64],
                   const uint8_t point[64]);

#endif

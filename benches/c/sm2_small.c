/* SPDX-License-Identifier: Apache-2.0
 *
 * Compiles the kernel's file once more, with small tables and other names. The arithmetic below it
 * is the same in both.
 */
#include "sm2_small.h"

#ifndef TAPK_SM2_SMALL
#define TAPK_SM2_SMALL
#endif
#define tapk_soft_sm2 small_soft_sm2
#define tapk_sm2_on_curve small_sm2_on_curve

#include "crypto/sm2.c"

/* SPDX-License-Identifier: Apache-2.0
 *
 * What succeeds was signed. A target cannot forge a signature, so the certificate of the issuer,
 * the certificate of the card with the static data, and the signature with all that it covers of a
 * tap that is authentic are, each by itself, those of some seed. Seeds that were recorded with a
 * forged card are in the table, too; whether those are refused is for the vector suites to say.
 */
#ifndef FUZZ_EARNED_H
#define FUZZ_EARNED_H

#include "tapkern/oda.h"

/* Ends the program when no seed has one of the three parts. With TAPKERN_FUZZ_EARN in the
 * environment they are printed instead: "earned 0123456789abcdef". */
void earned_must(const struct tapk_oda_input *in);

/* 1 when parts are printed, of what is authentic and of what is not. */
int earned_printing(void);

#endif

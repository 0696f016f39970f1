/* SPDX-License-Identifier: Apache-2.0
 *
 * What must hold whatever the input says. MUST ends the program with one line when it does not, so
 * that every driver (libFuzzer, AFL++, the plain one) counts it as a finding.
 */
#ifndef FUZZ_RULES_H
#define FUZZ_RULES_H

#include "tapkern/tapkern.h"

#define MUST(condition, what) ((condition) ? (void)0 : must_fail((what), __FILE__, __LINE__))

/* Says what did not hold, and aborts. */
void must_fail(const char *what, const char *file, int line);

/* Memory of exactly n bytes with a copy of data in it, so that a sanitizer sees an access beyond
 * it; data null: zeros. Never null. */
uint8_t *exactly(const uint8_t *data, size_t n);

/* A step is one that the interface describes: kind, length of its data, shape of a command. */
void rules_of_step(const struct tapk_step *step);

/* Every field of an outcome has a value of its enumeration, and the fields agree. */
void rules_of_outcome(const struct tapk_outcome *outcome);

/* tapk_fetch keeps to its buffer: the same bytes in a large and in an exact one, SIZE in one that
 * is a byte too small. Returns their number with a copy in out[capacity]; 0 when the list does not
 * apply. */
size_t rules_of_list(const struct tapk_ctx *ctx, uint8_t list, uint8_t *out, size_t capacity);

/* A span that tapk_get gave has bytes that can be read. */
void rules_of_span(struct tapk_span value);

#endif

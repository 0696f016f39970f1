/* SPDX-License-Identifier: Apache-2.0
 *
 * What a kernel said in a run, as two digests: of results, steps, outcomes and lists, and of the
 * decisions in its trace. They are taken over numbers, not over memory, so that any two platforms
 * with the same kernel have the same digests, whatever their word size and byte order.
 */
#ifndef REPLAY_SAID_H
#define REPLAY_SAID_H

#include "tapkern/tapkern.h"

/* Takes the hash of this table, which has to outlive the run. */
void said_begin(const struct tapk_crypto *crypto);

/* The result of tapk_begin, and the step when it is 0. */
void said_step(int result, const struct tapk_step *step);

/* tapk_resume, and what it gave. The context is moved before (it holds no pointer into itself), and
 * the answer stands in memory of just its length: a sanitizer then sees any access beyond it. */
int said_resume(struct tapk_ctx **ctx, const struct tapk_event *event, struct tapk_step *step);

/* The outcome, every list of tapk_fetch, and the records of the trace since tapk_begin. */
void said_outcome(const struct tapk_ctx *ctx, const struct tapk_outcome *o);

/* Memory of exactly n bytes, to be freed; filled from `from` unless that is null. */
void *said_exactly(const void *from, size_t n);

/* Two lines: the digests, and how many records of decisions there were. */
void said_print(void);

#endif

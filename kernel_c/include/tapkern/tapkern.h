/* SPDX-License-Identifier: Apache-2.0
 *
 * tapkern: the software inside a card terminal that decides a tap.
 *
 * The kernel never does I/O. begin gives a step, the caller does it and brings an event, resume
 * gives the next step, until the outcome:
 *
 *     tapk_init(memory, sizeof memory, &env, image, image_len);
 *     result = tapk_begin(ctx, &transaction, &event, &step);
 *     while (result == TAPK_OK && step.kind != TAPK_STEP_OUTCOME)
 *         result = tapk_resume(ctx, do_it(&step), &step);
 *
 * Results: 0 fine, negative misuse (state unchanged), positive a verdict. The context holds no
 * pointer into itself: copy it, throw it away, run two interleaved.
 */
#ifndef TAPKERN_H
#define TAPKERN_H

#include "tapkern/config.h"
#include "tapkern/crypto.h"
#include "tapkern/oda.h"
#include "tapkern/trace.h"
#include "tapkern/types.h"

#define TAPK_VERSION_MAJOR 0
#define TAPK_VERSION_MINOR 1
#define TAPK_VERSION_PATCH 0

#define TAPK_MAX_APDUS 128 /* commands of one presentment; more is End Application */
#ifndef TAPK_ARENA
#define TAPK_ARENA 4096 /* bytes for card answers of one presentment */
#endif
#define TAPK_RECORD_SIZE 512 /* bytes of a record handed over by STORE */

struct tapk_ctx; /* lives in memory of the caller */

#define TAPK_REASON(number, name, en, zh) TAPK_REASON_##name = (number),
enum tapk_reason {
    TAPK_REASON_NONE = 0,
#include "../../reasons.def"
    TAPK_REASON_LAST
};
#undef TAPK_REASON

/* A kernel behind the entry point; see src/kernel.h for how to write one. */
struct tapk_kernel;

/* What the context needs from its surroundings; all of it must outlive the context. */
struct tapk_env {
    uint32_t size;                            /* sizeof(struct tapk_env) */
    uint32_t trace_capacity;                  /* records at trace_ring */
    const struct tapk_crypto *crypto;         /* checked; null: no authentication */
    const struct tapk_kernel *const *kernels; /* null: the built-in table */
    size_t kernel_count;
    struct tapk_trace_event *trace_ring; /* may be null */
    struct tapk_memo *memo; /* recoveries done before, for all taps of a thread; may be null */
};

/* Bytes a context needs, to be aligned for uint64_t. TAPK_CTX_SIZE is at least that. */
#define TAPK_CTX_SIZE (TAPK_ARENA + 4096)
size_t tapk_ctx_size(void);

/* Makes a context in memory[size] for the sealed configuration image, which is read in place.
 * Errors: ARGUMENT, SIZE, CONFIG. */
int tapk_init(void *memory, size_t size, const struct tapk_env *env, const uint8_t *image,
              size_t image_len);

/* Starts a transaction (Start A: pre-processing EP-010...EP-026). The event brings time and random
 * only; its kind is not read. Allowed whenever no other transaction runs, or to give one up.
 * Errors: ARGUMENT (amount above n12, bad BCD; a Start B that EP-004 refuses: what ran before is
 * given up then too), SIZE, STATE. */
int tapk_begin(struct tapk_ctx *ctx, const struct tapk_transaction *transaction,
               const struct tapk_event *event, struct tapk_step *step);

/* Takes the answer to the last step and gives the next one. Errors: EVENT, STATE, ARGUMENT, SIZE;
 * the context is then unchanged and waits for a fitting event. */
int tapk_resume(struct tapk_ctx *ctx, const struct tapk_event *event, struct tapk_step *step);

/* Does one operation of authentication ahead while an answer is awaited: between a TRANSMIT step
 * and its event. 1 when more may be left, 0 when there is nothing to do now, negative misuse. It
 * needs env.memo; steps, decisions and results are the same with and without it (ODA-083). */
int tapk_work(struct tapk_ctx *ctx);

/* The outcome; STATE unless the last step was OUTCOME. */
int tapk_outcome(const struct tapk_ctx *ctx, struct tapk_outcome *outcome);

/* One data element by tag: 0 with value and origin, 1 when unknown or absent. value points into
 * the context or the configuration until the next call that changes the context. */
int tapk_get(const struct tapk_ctx *ctx, uint32_t tag, struct tapk_span *value, uint8_t *origin);

/* A TLV list for one use (enum tapk_list): *len bytes in out[capacity]. Elements that are not
 * known are left out. 1 when the list does not apply to this outcome. */
int tapk_fetch(const struct tapk_ctx *ctx, uint8_t list, uint8_t *out, size_t capacity,
               size_t *len);

/* The ring and its counters; the pointer stays valid as long as the context. */
const struct tapk_trace *tapk_trace_of(const struct tapk_ctx *ctx);

/* Forces one decision (TAPK_TEST builds); other builds answer TAPK_E_STATE. */
int tapk_test_force(struct tapk_ctx *ctx, uint16_t rule, uint16_t force);

/* Overwrites card and transaction data with zeros, and what env.memo holds of card certificates;
 * the context can begin again. */
int tapk_wipe(struct tapk_ctx *ctx);

/* Name spaces of tapk_name. */
enum tapk_space {
    TAPK_SPACE_ERROR = 1, /* number: the absolute value of enum tapk_error */
    TAPK_SPACE_STEP = 2,
    TAPK_SPACE_EVENT = 3,
    TAPK_SPACE_STATUS = 4,
    TAPK_SPACE_CVM = 5,
    TAPK_SPACE_REASON = 6,
    TAPK_SPACE_REASON_EN = 7,
    TAPK_SPACE_REASON_ZH = 8, /* UTF-8 */
    TAPK_SPACE_RULE = 9,      /* "QP-045" */
    TAPK_SPACE_STATE = 10,
    TAPK_SPACE_SWITCH = 11, /* "fd.allow_v00" */
    TAPK_SPACE_FAULT = 12,
    TAPK_SPACE_FAULT_EN = 13,
    TAPK_SPACE_FAULT_ZH = 14
};

/* The stable name of a number, "" when there is none. */
const char *tapk_name(uint8_t space, uint16_t number);

/* "0.1.0" */
const char *tapk_version(void);

/* SHA-256 over the approved sources (include/, src/, *.def), as hexadecimal text. */
const char *tapk_digest(void);

#endif

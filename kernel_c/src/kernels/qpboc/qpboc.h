/* SPDX-License-Identifier: Apache-2.0
 *
 * Kernel 7: qPBOC / quickPass. A file per chapter of 30-qpboc-flow.md.
 */
#ifndef TAPK_QPBOC_H
#define TAPK_QPBOC_H

#include "flow/flow.h"
#include "kernel.h"

/* TTQ as sent. */
static inline int ttq_contact(const struct tapk_ctx *ctx)
{
    return (ctx->values.ttq[0] & 0x10u) != 0;
}
static inline int ttq_offline_only(const struct tapk_ctx *ctx)
{
    return (ctx->values.ttq[0] & 0x08u) != 0;
}
static inline int ttq_online_pin(const struct tapk_ctx *ctx)
{
    return (ctx->values.ttq[0] & 0x04u) != 0;
}
static inline int ttq_signature(const struct tapk_ctx *ctx)
{
    return (ctx->values.ttq[0] & 0x02u) != 0;
}
static inline int ttq_online_oda(const struct tapk_ctx *ctx)
{
    return (ctx->values.ttq[0] & 0x01u) != 0;
}
static inline int ttq_online_required(const struct tapk_ctx *ctx)
{
    return (ctx->values.ttq[1] & 0x80u) != 0;
}
static inline int ttq_cvm_required(const struct tapk_ctx *ctx)
{
    return (ctx->values.ttq[1] & 0x40u) != 0;
}
static inline int ttq_cdcvm(const struct tapk_ctx *ctx)
{
    return (ctx->values.ttq[2] & 0x40u) != 0;
}

/* gpo_response.c, section 6 */
void tapk_qpboc_on_gpo(struct tapk_ctx *ctx, struct tapk_answer answer);
/* Takes CTQ and PAN of what was received so far: 1 fine, 0 the tap has ended (CTQ-002, QP-085) */
int tapk_qpboc_agrees(struct tapk_ctx *ctx);
/* reading.c, sections 7 and 14: the next record, or on to the checks when there is none */
void tapk_qpboc_read(struct tapk_ctx *ctx);
void tapk_qpboc_on_record(struct tapk_ctx *ctx, struct tapk_answer answer);
void tapk_qpboc_no_answer(struct tapk_ctx *ctx, uint16_t event);
/* cvm.c, section 9: 1 and ctx->tap.cvm, or 0 with *rule when no method is possible */
int tapk_qpboc_cvm(struct tapk_ctx *ctx, uint16_t *rule);
/* decision.c, sections 8, 10 and 11 */
void tapk_qpboc_card_read(struct tapk_ctx *ctx);
void tapk_qpboc_decide(struct tapk_ctx *ctx);
void tapk_qpboc_on_lookup(struct tapk_ctx *ctx, uint16_t event);
void tapk_qpboc_on_host(struct tapk_ctx *ctx, const uint8_t *code, size_t len);

#endif

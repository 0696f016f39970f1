/* SPDX-License-Identifier: Apache-2.0
 *
 * From the last answer to the outcome: dates, exception file, CVM, authentication, result
 * (30-qpboc-flow.md sections 8 to 11; precedence of QP-127).
 */
#include <string.h>

#include "data/format.h"
#include "kernels/qpboc/qpboc.h"

void tapk_qpboc_card_read(struct tapk_ctx *ctx)
{
    tapk_show(ctx, TAPK_STATE_SHOW_READ_OK, TAPK_MSG_CARD_READ_OK, TAPK_UI_CARD_READ); /* OUT-011 */
}

static uint8_t is_tc(const struct tapk_ctx *ctx) { return ctx->tap.cryptogram == TAPK_TC; }

static void decline(struct tapk_ctx *ctx, uint16_t reason, uint16_t rule)
{
    tapk_end(ctx, TAPK_DECLINED, reason, rule);
}

/* QP-128: track 2, or PAN and expiry; without them the tap ends. */
static int online_data_there(struct tapk_ctx *ctx)
{
    struct tapk_trace *trace = &ctx->trace;
    if (RULE(QP_128, tapk_card(ctx, 0x57).n > 0 ||
                         (tapk_card(ctx, 0x5A).n > 0 && tapk_card(ctx, 0x5F24).n > 0)))
        return 1;
    tapk_terminate(ctx, REASON(MISSING_DATA), RULE_ID(QP_128));
    return 0;
}

/* TTQ-004: an offline-only terminal never goes online. */
static void go_online(struct tapk_ctx *ctx, uint16_t reason, uint16_t rule)
{
    struct tapk_trace *trace = &ctx->trace;
    if (RULE(TTQ_004, ttq_offline_only(ctx))) {
        decline(ctx, REASON(OFFLINE_ONLY), RULE_ID(TTQ_004));
        return;
    }
    if (!online_data_there(ctx))
        return;
    tapk_end(ctx, TAPK_ONLINE_REQUEST, reason, rule);
}

/* QP-090...QP-094, QP-174: 1 go on, 0 the tap has ended. */
static int check_dates(struct tapk_ctx *ctx)
{
    struct tapk_trace *trace = &ctx->trace;
    if (is_tc(ctx) && SWITCH(ctx, QP_REQUIRE_5F24) && !RULE(QP_093, tapk_card(ctx, 0x5F24).n > 0)) {
        decline(ctx, REASON(MISSING_DATA), RULE_ID(QP_093));
        return 0;
    }
    if (tapk_expired(ctx)) {
        const int may_go_online = ctx->tap.ctq_present && (ctx->tap.ctq[0] & 0x08u) &&
                                  !ttq_offline_only(ctx) && SWITCH(ctx, QP_CTQ_B4_EXPIRED_ONLINE);
        if (!RULE(QP_091, may_go_online)) {
            decline(ctx, REASON(EXPIRED), RULE_ID(QP_091));
            return 0;
        }
        ctx->tap.pending_online = 1;
    }
    if (tapk_not_yet_effective(ctx)) {
        decline(ctx, REASON(NOT_YET_EFFECTIVE), RULE_ID(QP_094));
        return 0;
    }
    return 1;
}

/* QP-095, QP-096: 1 go on, 0 ended or waiting for LOOKUP. */
static int check_exception_file(struct tapk_ctx *ctx)
{
    switch (tapk_exception(ctx)) {
    case TAPK_LISTED:
        decline(ctx, REASON(EXCEPTION_FILE), RULE_ID(QP_095));
        return 0;
    case TAPK_ASK:
        tapk_enter(ctx, TAPK_STATE_LOOKUP);
        return 0;
    default:
        return 1;
    }
}

/* QP-121...QP-123: the card could not prove itself. */
static void authentication_failed(struct tapk_ctx *ctx)
{
    struct tapk_trace *trace = &ctx->trace;
    const int ctq = ctx->tap.ctq_present;
    if (RULE(QP_121, ctq && (ctx->tap.ctq[0] & 0x20u) && !ttq_offline_only(ctx))) {
        go_online(ctx, REASON(AUTHENTICATION_FAILED_ONLINE), RULE_ID(QP_121));
    } else if (RULE(QP_122, ctq && (ctx->tap.ctq[0] & 0x10u) && ttq_contact(ctx))) {
        tapk_end(ctx, TAPK_TRY_ANOTHER_INTERFACE, REASON(AUTHENTICATION_FAILED_CONTACT),
                 RULE_ID(QP_122));
    } else {
        decline(ctx, REASON(AUTHENTICATION_FAILED), RULE_ID(QP_123));
    }
}

/* The single place that approves offline. */
static void result_of_tc(struct tapk_ctx *ctx)
{
    struct tapk_trace *trace = &ctx->trace;
    tapk_authenticate(ctx);
    if (!RULE(QP_120, ctx->tap.oda == TAPK_ODA_SUCCESSFUL)) {
        authentication_failed(ctx);
    } else if (RULE(QP_110, ctx->tap.cvm == TAPK_CVM_ONLINE_PIN)) {
        go_online(ctx, REASON(PIN_NEEDS_ONLINE), RULE_ID(QP_110));
    } else if (RULE(QP_170, ttq_online_required(ctx) && SWITCH(ctx, QP_TC_DESPITE_ONLINE) == 1)) {
        go_online(ctx, REASON(TC_SENT_ONLINE), RULE_ID(QP_170));
    } else {
        tapk_end(ctx, TAPK_APPROVED,
                 ctx->recovery.stage ? REASON(RECOVERED) : REASON(APPROVED_OFFLINE),
                 RULE_ID(QP_120));
    }
}

/* TK-035: what is charged later is the authenticated 5A, and 57 names no other card. A card that
 * counts nothing (ATC 0) does not wait, nor does a PIN that nobody has checked. */
static int may_wait(const struct tapk_ctx *ctx)
{
    const struct tapk_span track = tapk_card(ctx, 0x57);
    const struct tapk_span atc = tapk_card(ctx, 0x9F36);
    uint8_t other[10];
    if (tapk_card(ctx, 0x5A).n == 0 || (atc.p[0] | atc.p[1]) == 0)
        return 0;
    if (tapk_pan_of_57(track.p, track.n, other) == 0 && /* absent, else TLV-030 saw to it */
        memcmp(ctx->tap.pan, other, sizeof other) != 0)
        return 0;
    return ctx->tap.cvm != TAPK_CVM_ONLINE_PIN;
}

/* QP-124...QP-126. */
static void result_of_arqc(struct tapk_ctx *ctx)
{
    struct tapk_trace *trace = &ctx->trace;
    if (!ctx->tap.online_oda) {
        go_online(ctx, REASON(CARD_ASKED_ONLINE), RULE_ID(QP_124));
        return;
    }
    if (tapk_card(ctx, 0x94).n > 0)
        tapk_authenticate(ctx);
    if (RULE(QP_125, ctx->tap.oda == TAPK_ODA_SUCCESSFUL)) {
        go_online(ctx, REASON(ONLINE_AUTHENTICATED), RULE_ID(QP_125));
        ctx->outcome.may_defer = ctx->outcome.status == TAPK_ONLINE_REQUEST &&
                                 RULE(QP_130, SWITCH(ctx, QP_DEFERRED_AUTH) && may_wait(ctx));
    } else if (RULE(QP_126, SWITCH(ctx, QP_ONLINE_ODA_FAIL) == 1)) {
        decline(ctx, REASON(AUTHENTICATION_FAILED), RULE_ID(QP_126));
    } else {
        go_online(ctx, REASON(ONLINE_UNAUTHENTICATED), RULE_ID(QP_126));
    }
}

void tapk_qpboc_decide(struct tapk_ctx *ctx)
{
    const uint8_t tc = is_tc(ctx);
    const int records = ctx->tap.afl.length > 0;
    uint16_t rule = 0;
    if (!tc && !online_data_there(ctx)) /* QP-171; missing data before expiry: QP-127 */
        return;
    if (tc || records) {
        if (!check_dates(ctx) || !check_exception_file(ctx))
            return;
    }
    if (!tapk_qpboc_cvm(ctx, &rule))
        decline(ctx, REASON(CVM_NOT_POSSIBLE), rule);
    else if (ctx->tap.pending_online)
        go_online(ctx, REASON(EXPIRED_ONLINE), RULE_ID(QP_174));
    else if (tc)
        result_of_tc(ctx);
    else
        result_of_arqc(ctx);
}

void tapk_qpboc_on_lookup(struct tapk_ctx *ctx, uint16_t event)
{
    struct tapk_trace *trace = &ctx->trace;
    ctx->tap.lookup_done = 1;
    if (!RULE(QP_095, event != TAPK_EVENT_NOT_FOUND)) {
        tapk_qpboc_decide(ctx);
        return;
    }
    decline(ctx, event == TAPK_EVENT_FOUND ? REASON(EXCEPTION_FILE) : REASON(UNSUPPORTED),
            RULE_ID(QP_095));
}

void tapk_qpboc_on_host(struct tapk_ctx *ctx, const uint8_t *code, size_t len)
{
    struct tapk_trace *trace = &ctx->trace;
    const uint8_t may_defer = ctx->outcome.may_defer;
    if (len == 0) {
        /* Could not go online (80-terminal-platform.md section 5). */
        memcpy(ctx->values.arc, may_defer ? "Y3" : "Z3", 2);
        if (RULE(QP_130, may_defer)) {
            tapk_end(ctx, TAPK_APPROVED, REASON(DEFERRED), RULE_ID(QP_130));
        } else {
            tapk_end(ctx, TAPK_DECLINED, REASON(HOST_NOT_REACHED), RULE_ID(QP_130));
        }
    } else {
        memcpy(ctx->values.arc, code, 2);
        if (RULE(QP_129, memcmp(code, "00", 2) == 0))
            tapk_end(ctx, TAPK_APPROVED, REASON(HOST_APPROVED), RULE_ID(QP_129));
        else
            tapk_end(ctx, TAPK_DECLINED, REASON(HOST_DECLINED), RULE_ID(QP_129));
    }
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * The step machine: begin, resume, and which chapter takes which event.
 */
#include <string.h>

#include "context.h"
#include "data/apdu.h"
#include "data/format.h"
#include "flow/flow.h"
#include "kernel.h"
#include "oda/ahead.h"

#define CONTEXT_MAGIC 0x5441504Bu
#define AMOUNT_MAX 999999999999u

#define E(name) (1u << TAPK_EVENT_##name)
#define S(name) (1u << TAPK_STATE_##name)
#define TAPK_STEP_NONE 0

struct state_info {
    uint8_t step;
    uint16_t events;
    uint32_t followers;
};

static const struct state_info states[TAPK_STATE_COUNT] = {
#define TAPK_STATE(number, name, step, events, followers) \
    [TAPK_STATE_##name] = {TAPK_STEP_##step, (uint16_t)(events), (followers)},
#include "../states.def"
#undef TAPK_STATE
};

size_t tapk_ctx_size(void) { return sizeof(struct tapk_ctx); }

typedef char ctx_fits[sizeof(struct tapk_ctx) <= TAPK_CTX_SIZE ? 1 : -1];

/* ---- entering states ---- */

void tapk_enter(struct tapk_ctx *ctx, uint8_t state) { ctx->state = state; }

void tapk_show(struct tapk_ctx *ctx, uint8_t state, uint8_t message, uint8_t status)
{
    memset(&ctx->ui, 0, sizeof ctx->ui);
    ctx->ui.message = message;
    ctx->ui.status = status;
    tapk_enter(ctx, state);
}

/* Counts a command: 1 when it may be sent. */
static int count_command(struct tapk_ctx *ctx)
{
    if (ctx->commands == TAPK_MAX_APDUS) {
        tapk_end(ctx, TAPK_END_APPLICATION, REASON(TOO_MANY_COMMANDS), 0);
        return 0;
    }
    ctx->commands++;
    return 1;
}

void tapk_transmit(struct tapk_ctx *ctx, uint8_t state, uint8_t cla, uint8_t ins, uint8_t p1,
                   uint8_t p2, const uint8_t *data, size_t len)
{
    if (!count_command(ctx))
        return;
    ctx->followed = 0;
    ctx->command_length =
        (uint16_t)(len == 0 ? tapk_apdu_case2(ctx->command, cla, ins, p1, p2)
                            : tapk_apdu_case4(ctx->command, cla, ins, p1, p2, data, len));
    tapk_enter(ctx, state);
}

/* ---- init ---- */

static void add_combination(struct tapk_ctx *ctx, struct tapk_span body)
{
    const struct tapk_span switches = tapk_image_value(body, TAPK_TAG_SWITCHES);
    const uint8_t i = ctx->combinations++;
    ctx->combination_at[i] = (uint32_t)(body.p - ctx->image.p);
    ctx->combination_length[i] = (uint16_t)body.n;
    if (switches.n > 0 && switches.n <= 0xFF) {
        ctx->switches_at[i] = (uint32_t)(switches.p - ctx->image.p);
        ctx->switches_length[i] = (uint8_t)switches.n;
    }
}

int tapk_init(void *memory, size_t size, const struct tapk_env *env, const uint8_t *image,
              size_t image_len)
{
    struct tapk_ctx *ctx = memory;
    if (memory == NULL || env == NULL || image == NULL || (uintptr_t)memory % sizeof(uint64_t) != 0)
        return TAPK_E_ARGUMENT;
    if (size < sizeof *ctx || env->size != sizeof *env)
        return TAPK_E_SIZE;
    if (tapk_config_open(image, image_len) != TAPK_OK)
        return TAPK_E_CONFIG;
    memset(ctx, 0, sizeof *ctx);
    ctx->magic = CONTEXT_MAGIC;
    ctx->size = (uint32_t)sizeof *ctx;
    ctx->env = *env;
    ctx->image.p = image;
    ctx->image.n = image_len;
    ctx->trace.ring = env->trace_ring;
    ctx->trace.capacity = env->trace_capacity;
    struct tapk_entry_view entry;
    size_t offset = 0;
    while (tapk_image_next(ctx->image, &offset, &entry) == TAPK_TLV_OK) {
        if (entry.kind == TAPK_ENTRY_TERMINAL)
            ctx->terminal = entry.body;
        if (entry.kind == TAPK_ENTRY_COMBINATION)
            add_combination(ctx, entry.body);
    }
    return TAPK_OK;
}

int tapk_context_ok(const struct tapk_ctx *ctx)
{
    return ctx != NULL && ctx->magic == CONTEXT_MAGIC && ctx->size == sizeof *ctx;
}

/* ---- the step of the current state ---- */

static void emit(struct tapk_ctx *ctx, struct tapk_step *step)
{
    struct tapk_trace *trace = &ctx->trace;
    const uint32_t size = step->size;
    memset(step, 0, sizeof *step);
    step->size = size;
    step->kind = states[ctx->state].step;
    switch (step->kind) {
    case TAPK_STEP_TRANSMIT:
        step->data = ctx->command;
        step->len = ctx->command_length;
        break;
    case TAPK_STEP_SHOW:
        step->ui = ctx->ui;
        break;
    case TAPK_STEP_FIELD_OFF:
        step->hold_100ms = ctx->hold_100ms;
        break;
    case TAPK_STEP_DETECT:
        step->hold_100ms = tapk_recovery_left(ctx);
        break;
    case TAPK_STEP_LOOKUP: {
        const struct tapk_span psn = tapk_card(ctx, 0x5F34);
        memcpy(ctx->command, ctx->tap.pan, sizeof ctx->tap.pan);
        ctx->command[10] = psn.n == 1 ? psn.p[0] : 0xFF;
        step->data = ctx->command;
        step->len = 11;
        break;
    }
    case TAPK_STEP_STORE:
        step->data = ctx->record;
        step->len = ctx->state == TAPK_STATE_KEEP ? TAPK_RECORD_SIZE : 0;
        break;
    default:
        break;
    }
    tapk_mark_step(trace, ctx->state, (uint8_t)step->kind);
}

/* Outcomes that the chapters reached are processed until there is something to do. */
static int settle(struct tapk_ctx *ctx, uint8_t before, struct tapk_step *step)
{
    while (ctx->ended) {
        ctx->ended = 0;
        tapk_after_outcome(ctx, TAPK_STAGE_DROP);
    }
    emit(ctx, step);
#ifdef TAPK_TEST
    if ((states[before].followers >> ctx->state & 1u) == 0)
        return TAPK_E_STATE; /* not in states.def */
#else
    (void)before;
#endif
    return TAPK_OK;
}

/* ---- begin ---- */

/* FMT-005: currency as n3 in 2 bytes. Start A; Start B for a payment (EP-004). */
static int transaction_ok(const struct tapk_transaction *t)
{
    uint64_t digits;
    const int start =
        t->start == TAPK_START_A || (t->start == TAPK_START_B && t->purpose == TAPK_PAYMENT);
    return t->purpose <= TAPK_CARD_INFO && start && t->exponent <= 9 && t->amount <= AMOUNT_MAX &&
           t->other <= AMOUNT_MAX && tapk_bcd_get(&t->type, 1, &digits) == 0 &&
           tapk_bcd_get(t->currency, 2, &digits) == 0 &&
           tapk_bcd_get(t->sequence, 4, &digits) == 0 && tapk_time_valid(t->time) &&
           (t->torn == NULL || (t->purpose == TAPK_PAYMENT && t->start == TAPK_START_A));
}

static void put_binary(uint8_t out[4], uint64_t amount)
{
    for (unsigned i = 0; i < 4; i++)
        out[i] = (uint8_t)(amount >> (24 - 8 * i));
}

static void take_transaction(struct tapk_ctx *ctx, const struct tapk_transaction *t)
{
    struct tapk_values *v = &ctx->values;
    memset(v, 0, sizeof *v);
    ctx->transaction = *t;
    ctx->transaction.torn = NULL; /* taken once, never kept */
    (void)tapk_bcd_put(v->amount, 6, t->amount);
    (void)tapk_bcd_put(v->other, 6, t->other);
    put_binary(v->amount_binary, t->amount); /* FMT-003 */
    put_binary(v->other_binary, t->other);
    v->type = t->type;
    v->exponent = t->exponent;
    memcpy(v->currency, t->currency, 2);
    memcpy(v->date, t->date, 3);
    memcpy(v->time, t->time, 3);
    memcpy(v->sequence, t->sequence, 4);
}

static void take_moment(struct tapk_ctx *ctx, const struct tapk_event *event)
{
    ctx->now_ms = event->now_ms;
    memcpy(ctx->random, event->random, sizeof ctx->random);
}

/* A record that STORE kept: 1 none, or one that can be recovered; 0 the tap has ended. */
static int take_torn(struct tapk_ctx *ctx, const uint8_t *torn)
{
    if (torn == NULL)
        return 1;
    memcpy(ctx->record, torn, sizeof ctx->record);
    return tapk_recovery_taken(ctx);
}

static void start_a(struct tapk_ctx *ctx)
{
    if (tapk_preprocess(ctx))
        tapk_end(ctx, TAPK_TRY_ANOTHER_INTERFACE, REASON(NOT_ALLOWED), RULE_ID(EP_024));
    else
        tapk_activate(ctx);
}

/* Everything from state on is of one tap; what stands before comes from init. */
static void reset(struct tapk_ctx *ctx)
{
    const struct tapk_trace trace = ctx->trace;
    const size_t kept = offsetof(struct tapk_ctx, state);
    memset((uint8_t *)ctx + kept, 0, sizeof *ctx - kept);
    ctx->trace = trace;
    ctx->trace.count = 0;
    ctx->trace.lost = 0;
}

int tapk_begin(struct tapk_ctx *ctx, const struct tapk_transaction *transaction,
               const struct tapk_event *event, struct tapk_step *step)
{
    if (!tapk_context_ok(ctx) || transaction == NULL || event == NULL || step == NULL)
        return TAPK_E_ARGUMENT;
    if (transaction->size != sizeof *transaction || event->size != sizeof *event ||
        step->size != sizeof *step)
        return TAPK_E_SIZE;
    if (!transaction_ok(transaction))
        return TAPK_E_ARGUMENT;
    struct tapk_trace *trace = &ctx->trace;
    reset(ctx);
    take_moment(ctx, event);
    take_transaction(ctx, transaction);
    if (transaction->start == TAPK_START_B && !RULE(EP_004, tapk_ttq_fixed(ctx)))
        return TAPK_E_ARGUMENT;
    if (!RULE(QP_176, tapk_date_valid(transaction->date))) {
        if (transaction->torn != NULL)
            ctx->recovery.stage = TAPK_RECOVERY_OVER; /* undecided as before: TT-019 */
        tapk_end(ctx, TAPK_END_APPLICATION, REASON(CLOCK_NOT_SET), RULE_ID(QP_176));
    } else if (take_torn(ctx, transaction->torn)) {
        start_a(ctx);
    }
    return settle(ctx, TAPK_STATE_IDLE, step);
}

/* ---- resume: one function per kind of step ---- */

static void refuse(struct tapk_ctx *ctx, uint16_t event)
{
    if (event == TAPK_EVENT_CANCEL) /* which ends a recovery, too */
        tapk_end(ctx, TAPK_END_APPLICATION, REASON(CANCELLED),
                 ctx->recovery.stage ? RULE_ID(TT_016) : 0);
    else
        tapk_end(ctx, TAPK_END_APPLICATION, REASON(UNSUPPORTED), 0);
}

static void on_detect(struct tapk_ctx *ctx, uint16_t event)
{
    struct tapk_trace *trace = &ctx->trace;
    const int recovering = ctx->recovery.stage != 0;
    if (event == TAPK_EVENT_CARD) {
        if (!recovering || tapk_recovery_in_time(ctx))
            tapk_select_ppse(ctx);
    } else if (RULE(EP_032, event == TAPK_EVENT_COLLISION))
        tapk_show(ctx, TAPK_STATE_SHOW_COLLISION, TAPK_MSG_ONE_CARD_ONLY, TAPK_UI_ERROR);
    else if (event == TAPK_EVENT_TIMEOUT && recovering)
        tapk_undecided(ctx, RULE_ID(TT_016));
    else if (event == TAPK_EVENT_TIMEOUT)
        tapk_end(ctx, TAPK_END_APPLICATION, REASON(NO_CARD), 0);
    else
        refuse(ctx, event);
}

/* APDU-003, CMD-014: 1 when the answer only says how to get the data (apdu.follow_61_6c), and that
 * command goes out in the same state; each way once for a command of the flow. */
static int followed(struct tapk_ctx *ctx, struct tapk_answer answer)
{
    struct tapk_trace *trace = &ctx->trace;
    const uint8_t sw1 = (uint8_t)(answer.sw >> 8);
    const uint8_t way = sw1 == 0x61 ? 1 : sw1 == 0x6C ? 2 : 0;
    if (way == 0 || answer.data.n != 0 || (ctx->followed & way) != 0)
        return 0;
    const int follows = ctx->state == TAPK_STATE_PPSE
                            ? tapk_all_usable(ctx, TAPK_SW_APDU_FOLLOW_61_6C, 1)
                            : SWITCH(ctx, APDU_FOLLOW_61_6C);
    if (!RULE(APDU_003, follows))
        return 0;
    ctx->followed |= way;
    if (!count_command(ctx))
        return 1;
    if (way == 1)
        ctx->command_length =
            (uint16_t)tapk_apdu_case2(ctx->command, 0x00, 0xC0, 0x00, 0x00); /* GET RESPONSE */
    ctx->command[ctx->command_length - 1] = (uint8_t)answer.sw;
    return 1;
}

static void on_answer(struct tapk_ctx *ctx, const struct tapk_event *event)
{
    const struct tapk_answer answer = {
        {event->data, (size_t)event->len - 2},
        (uint16_t)(event->data[event->len - 2] << 8 | event->data[event->len - 1])};
    if (followed(ctx, answer))
        return;
    switch (ctx->state) {
    case TAPK_STATE_PPSE:
        tapk_on_ppse(ctx, answer);
        break;
    case TAPK_STATE_SELECT:
        tapk_on_select(ctx, answer);
        break;
    case TAPK_STATE_BALANCE:
        tapk_on_balance(ctx, answer);
        break;
    case TAPK_STATE_CARD_INFO:
        tapk_on_card_info(ctx, answer);
        break;
    case TAPK_STATE_RECOVER:
        tapk_on_recovery(ctx, answer);
        break;
    default:
        ctx->kernel->answer(ctx, answer);
    }
}

/* APDU-005, APDU-006: no answer is not a status word, and nothing is sent again. EP-090 is EP-035.
 */
static void on_no_answer(struct tapk_ctx *ctx, uint16_t event)
{
    if (ctx->recovery.stage) {
        if (event == TAPK_EVENT_LOST || event == TAPK_EVENT_TIMEOUT)
            tapk_same_card_again(ctx);
        else
            refuse(ctx, event);
        return;
    }
    switch (ctx->state) {
    case TAPK_STATE_PPSE:
    case TAPK_STATE_SELECT:
    case TAPK_STATE_BALANCE:
    case TAPK_STATE_CARD_INFO:
        if (event == TAPK_EVENT_LOST || event == TAPK_EVENT_TIMEOUT)
            tapk_end(ctx, TAPK_TRY_AGAIN, REASON(CARD_LOST), RULE_ID(EP_035));
        else
            refuse(ctx, event);
        break;
    default:
        ctx->kernel->no_answer(ctx, event);
    }
}

static void on_transmit(struct tapk_ctx *ctx, const struct tapk_event *event)
{
    struct tapk_trace *trace = &ctx->trace;
    const int no_answer = event->data == NULL || event->len < 2 || event->len > 258;
    if (event->kind != TAPK_EVENT_ANSWER)
        on_no_answer(ctx, event->kind);
    else if (RULE(APDU_004, no_answer) || no_answer)
        on_no_answer(ctx, TAPK_EVENT_LOST);
    else
        on_answer(ctx, event);
}

static void on_done(struct tapk_ctx *ctx, uint16_t event)
{
    const int unsupported = event == TAPK_EVENT_UNSUPPORTED;
    switch (ctx->state) {
    case TAPK_STATE_SHOW_PRESENT:
    case TAPK_STATE_SHOW_ONE_CARD:
        if (unsupported)
            refuse(ctx, event);
        else
            tapk_enter(ctx, TAPK_STATE_DETECT);
        break;
    case TAPK_STATE_SHOW_COLLISION:
        if (unsupported)
            refuse(ctx, event);
        else
            tapk_show(ctx, TAPK_STATE_SHOW_ONE_CARD, TAPK_MSG_ONE_CARD_ONLY, TAPK_UI_READY_TO_READ);
        break;
    case TAPK_STATE_DROP:
        if (ctx->recovery.stage == TAPK_RECOVERY_DROPPING)
            tapk_recovery_dropped(ctx, event);
        else
            tapk_after_outcome(ctx, TAPK_STAGE_SHOW);
        break;
    case TAPK_STATE_SHOW_OUTCOME:
    case TAPK_STATE_FIELD_OFF:
        if (unsupported) /* nothing is left to refuse but another pass */
            tapk_enter(ctx, ctx->outcome.status == TAPK_ONLINE_REQUEST ? TAPK_STATE_OUTCOME_ONLINE
                                                                       : TAPK_STATE_OUTCOME);
        else
            tapk_after_outcome(ctx, ctx->state == TAPK_STATE_FIELD_OFF ? TAPK_STAGE_NEXT
                                                                       : TAPK_STAGE_FIELD);
        break;
    default: /* KEEP, SHOW_READ_OK, LOOKUP */
        ctx->kernel->done(ctx, event);
    }
}

static void on_host(struct tapk_ctx *ctx, const struct tapk_event *event)
{
    if (event->kind == TAPK_EVENT_UNSUPPORTED)
        ctx->outcome.may_defer = 0; /* who cannot ask now cannot charge later */
    if (event->kind == TAPK_EVENT_HOST && event->len == 2)
        ctx->kernel->host(ctx, event->data, 2);
    else
        ctx->kernel->host(ctx, NULL, 0); /* not reached */
}

static int event_fits(const struct tapk_ctx *ctx, const struct tapk_event *event)
{
    if (event->kind > TAPK_EVENT_UNSUPPORTED)
        return 0;
    if (event->len > 0 && event->data == NULL)
        return 0;
    if (event->kind == TAPK_EVENT_HOST && event->len != 0 && event->len != 2)
        return 0;
    if (event->kind == TAPK_EVENT_UNSUPPORTED)
        return 1;
    return (states[ctx->state].events >> event->kind & 1u) != 0;
}

int tapk_resume(struct tapk_ctx *ctx, const struct tapk_event *event, struct tapk_step *step)
{
    if (!tapk_context_ok(ctx) || event == NULL || step == NULL)
        return TAPK_E_ARGUMENT;
    if (event->size != sizeof *event || step->size != sizeof *step)
        return TAPK_E_SIZE;
    if (ctx->state == TAPK_STATE_IDLE || ctx->state == TAPK_STATE_OUTCOME)
        return TAPK_E_STATE;
    if (!event_fits(ctx, event))
        return TAPK_E_EVENT;
    const uint8_t before = ctx->state;
    take_moment(ctx, event);
    switch (states[before].step) {
    case TAPK_STEP_DETECT:
        on_detect(ctx, event->kind);
        break;
    case TAPK_STEP_TRANSMIT:
        on_transmit(ctx, event);
        break;
    case TAPK_STEP_OUTCOME:
        on_host(ctx, event);
        break;
    default:
        on_done(ctx, event->kind);
    }
    return settle(ctx, before, step);
}

/* ---- results ---- */

int tapk_outcome(const struct tapk_ctx *ctx, struct tapk_outcome *outcome)
{
    if (!tapk_context_ok(ctx) || outcome == NULL)
        return TAPK_E_ARGUMENT;
    if (outcome->size != sizeof *outcome)
        return TAPK_E_SIZE;
    if (states[ctx->state].step != TAPK_STEP_OUTCOME)
        return TAPK_E_STATE;
    *outcome = ctx->outcome;
    return TAPK_OK;
}

const struct tapk_trace *tapk_trace_of(const struct tapk_ctx *ctx)
{
    return tapk_context_ok(ctx) ? &ctx->trace : NULL;
}

int tapk_test_force(struct tapk_ctx *ctx, uint16_t rule, uint16_t force)
{
#ifdef TAPK_TEST
    if (!tapk_context_ok(ctx))
        return TAPK_E_ARGUMENT;
    ctx->trace.force_rule = rule;
    ctx->trace.force = force;
    return TAPK_OK;
#else
    (void)ctx;
    (void)rule;
    (void)force;
    return TAPK_E_STATE;
#endif
}

int tapk_wipe(struct tapk_ctx *ctx)
{
    if (!tapk_context_ok(ctx))
        return TAPK_E_ARGUMENT;
    reset(ctx);
    if (ctx->env.memo != NULL)
        tapk_memo_forget(ctx->env.memo);
    return TAPK_OK;
}

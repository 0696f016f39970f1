/* SPDX-License-Identifier: Apache-2.0
 *
 * The step machine around the decisions: host, lost cards, stores, detection, misuse, two contexts,
 * what was done before, forced marks and devices that cannot do a step.
 */
#include "check.h"
#include "rig.h"

#define ONLINE_TTQ "\x36\x00\x00\x80"
#define NO_RECOVERY "\x1F\x00" /* tt.recovery */

/* The host's word after an Online Request: QP-129, QP-130. */
static void host(void)
{
    static const struct {
        const char *code;
        int status;
        uint16_t reason;
    } rows[] = {{"00", TAPK_APPROVED, TAPK_REASON_HOST_APPROVED},
                {"51", TAPK_DECLINED, TAPK_REASON_HOST_DECLINED},
                {NULL, TAPK_DECLINED, TAPK_REASON_HOST_NOT_REACHED}};
    for (size_t i = 0; i < 3; i++) {
        struct rig *rig = rig_new();
        struct tapk_event event;
        struct tapk_step step;
        rig_swap(rig, 2, "\x9F\x6C\x02\x00", 4, "\x9F\x6C\x02\x20");
        rig_swap(rig, 2, (const char *)card_9f4b, 4, "\x00\x00\x00\x00");
        CHECK(rig_run(rig) == TAPK_ONLINE_REQUEST);
        rig_moment(&event);
        memset(&step, 0, sizeof step);
        step.size = (uint32_t)sizeof step;
        event.kind = TAPK_EVENT_HOST;
        event.data = (const uint8_t *)rows[i].code;
        event.len = rows[i].code ? 2 : 0;
        CHECK(tapk_resume(rig_ctx(rig), &event, &step) == 0);
        event.kind = TAPK_EVENT_DONE;
        event.len = 0;
        if (rows[i].status == TAPK_APPROVED) { /* what was kept of the TC is dropped: TT-010 */
            CHECK(step.kind == TAPK_STEP_STORE && step.len == 0);
            CHECK(tapk_resume(rig_ctx(rig), &event, &step) == 0);
        }
        CHECK(step.kind == TAPK_STEP_SHOW);
        CHECK(tapk_resume(rig_ctx(rig), &event, &step) == 0 && step.kind == TAPK_STEP_OUTCOME);
        rig->outcome.size = (uint32_t)sizeof rig->outcome;
        CHECK(tapk_outcome(rig_ctx(rig), &rig->outcome) == 0);
        CHECK(rig->outcome.status == rows[i].status && rig->outcome.reason == rows[i].reason);
        event.kind = TAPK_EVENT_HOST; /* one answer only */
        CHECK(tapk_resume(rig_ctx(rig), &event, &step) == TAPK_E_STATE);
        free(rig);
    }
}

/* Without recovery: the card leaves at any command; each ends as section 14 says. */
static void torn(void)
{
    static const uint16_t events[] = {TAPK_EVENT_LOST, TAPK_EVENT_TIMEOUT, TAPK_EVENT_CANCEL,
                                      TAPK_EVENT_UNSUPPORTED};
    for (size_t e = 0; e < 4; e++) {
        for (size_t i = 0; i < 7; i++) {
            struct rig *rig = rig_with_ttq(ONLINE_TTQ, NO_RECOVERY, 2);
            rig->event_at[i] = events[e];
            const int status = rig_run(rig);
            CHECK(status != TAPK_APPROVED && status != TAPK_ONLINE_REQUEST && status > 0);
            if (i == 6) { /* TT-005 */
                CHECK(status == TAPK_END_APPLICATION &&
                      rig->outcome.reason == TAPK_REASON_CARD_MAY_HAVE_PAID &&
                      rig->outcome.card_may_have_paid == 1 && rig->commands == 7);
            } else if (e < 2) { /* TT-007: three more presentments, each lost at the same place */
                CHECK(status == TAPK_TRY_AGAIN && rig->outcome.start == TAPK_START_B);
                CHECK(rig->commands == 4 * (i + 1) && rig->outcome.card_may_have_paid == 0);
            } else {
                CHECK(status == TAPK_END_APPLICATION && rig->outcome.card_may_have_paid == 0);
            }
            free(rig);
        }
    }
}

/* APDU-004: an answer without a status word is none. */
static void short_answer(void)
{
    for (size_t n = 0; n < 2; n++) {
        struct rig *rig = rig_new();
        rig->answer_len[4] = n;
        CHECK(rig_run(rig) == TAPK_TRY_AGAIN && rig->outcome.rule == TAPK_RULE_QP_073);
        CHECK(rig_saw(rig, TAPK_RULE_APDU_004, 1));
        free(rig);
    }
}

/* TT-010, TT-017: what is kept before the last READ RECORD, and deleted once it was answered. */
static void store(void)
{
    struct rig *rig = rig_with_ttq(ONLINE_TTQ, "\x18\x01" NO_RECOVERY, 4); /* tt.upload_doubtful */
    CHECK(rig_run(rig) == TAPK_APPROVED && rig->stores == 1 && rig->drops == 1);
    CHECK(memcmp(rig->stored, "TT\x02", 3) == 0);
    rig->event_at[6] = TAPK_EVENT_LOST; /* the record stays with the caller */
    CHECK(rig_run(rig) == TAPK_END_APPLICATION && rig->stores == 1 && rig->drops == 0);
    rig->event_at[6] = 0;
    rig->store_event = TAPK_EVENT_FAILED; /* the last READ RECORD is not sent */
    CHECK(rig_run(rig) == TAPK_END_APPLICATION && rig->commands == 6);
    CHECK(rig->outcome.reason == TAPK_REASON_STORE_FAILED && rig->outcome.card_may_have_paid == 0);
    rig->store_event = TAPK_EVENT_UNSUPPORTED;
    CHECK(rig_run(rig) == TAPK_END_APPLICATION && rig->commands == 6);
    free(rig);
}

static void detection(void)
{
    struct rig *rig = rig_new();
    rig->detect_event = TAPK_EVENT_TIMEOUT;
    CHECK(rig_ends(rig, TAPK_END_APPLICATION, TAPK_REASON_NO_CARD, 0));
    rig = rig_new();
    rig->detect_event = TAPK_EVENT_CANCEL;
    CHECK(rig_ends(rig, TAPK_END_APPLICATION, TAPK_REASON_CANCELLED, 0));
    rig = rig_new();
    rig->detect_event = TAPK_EVENT_UNSUPPORTED;
    CHECK(rig_ends(rig, TAPK_END_APPLICATION, TAPK_REASON_UNSUPPORTED, 0));
    rig = rig_new(); /* EP-032: two messages, then the poll goes on */
    struct tapk_step step;
    struct tapk_event event;
    CHECK(rig_start(rig, &step) == 0 && step.ui.message == TAPK_MSG_PRESENT_CARD);
    rig_perform(rig, &step, &event);
    CHECK(tapk_resume(rig_ctx(rig), &event, &step) == 0 && step.kind == TAPK_STEP_DETECT);
    event.kind = TAPK_EVENT_COLLISION;
    CHECK(tapk_resume(rig_ctx(rig), &event, &step) == 0);
    CHECK(step.ui.message == TAPK_MSG_ONE_CARD_ONLY && step.ui.status == TAPK_UI_ERROR);
    event.kind = TAPK_EVENT_DONE;
    CHECK(tapk_resume(rig_ctx(rig), &event, &step) == 0);
    CHECK(step.ui.message == TAPK_MSG_ONE_CARD_ONLY && step.ui.status == TAPK_UI_READY_TO_READ);
    CHECK(tapk_resume(rig_ctx(rig), &event, &step) == 0 && step.kind == TAPK_STEP_DETECT);
    free(rig);
}

static void misuse(void)
{
    struct rig *rig = rig_new();
    struct tapk_step step;
    struct tapk_event event;
    struct tapk_outcome outcome;
    memset(&outcome, 0, sizeof outcome);
    outcome.size = (uint32_t)sizeof outcome;
    CHECK(rig_start(rig, &step) == 0);
    CHECK(tapk_outcome(rig_ctx(rig), &outcome) == TAPK_E_STATE);
    rig_moment(&event);
    for (uint16_t kind = 0; kind < 40; kind++) { /* SHOW takes DONE and UNSUPPORTED only */
        uint64_t before[(TAPK_CTX_SIZE + 7) / 8];
        if (kind == TAPK_EVENT_DONE || kind == TAPK_EVENT_UNSUPPORTED)
            continue;
        memcpy(before, rig->memory, sizeof before);
        event.kind = kind;
        CHECK(tapk_resume(rig_ctx(rig), &event, &step) == TAPK_E_EVENT);
        CHECK(memcmp(before, rig->memory, sizeof before) == 0);
    }
    event.kind = TAPK_EVENT_DONE;
    event.size = 1;
    CHECK(tapk_resume(rig_ctx(rig), &event, &step) == TAPK_E_SIZE);
    CHECK(tapk_resume(NULL, &event, &step) == TAPK_E_ARGUMENT);
    rig->transaction.amount = 1000000000000u;
    CHECK(rig_run(rig) == TAPK_E_ARGUMENT);
    rig->transaction.amount = 1234;
    rig->transaction.start = TAPK_START_B; /* EP-004 */
    CHECK(rig_run(rig) == TAPK_E_ARGUMENT);
    rig->transaction.start = TAPK_START_A;
    rig->image[0] = 'X';
    CHECK(rig_run(rig) == TAPK_E_CONFIG);
    rig->image[0] = 'T';
    CHECK(rig_run(rig) == TAPK_APPROVED);
    free(rig);
}

static int holds(const void *memory, size_t size, const void *bytes, size_t n)
{
    for (size_t i = 0; i + n <= size; i++)
        if (memcmp((const uint8_t *)memory + i, bytes, n) == 0)
            return 1;
    return 0;
}

/* A wiped context is one that was just made, byte for byte, after a tap and in the middle of one;
 * the cache of the thread keeps the issuer's certificate and no card's. */
static void wiped(void)
{
    static uint64_t fresh[(TAPK_CTX_SIZE + 7) / 8];
    struct tapk_memo *memo = calloc(1, sizeof *memo);
    struct rig *rig = rig_new();
    uint8_t pan[10];
    rig->memo = memo;
    for (int whole = 0; whole < 2; whole++) {
        rig->event_at[5] = whole ? 0 : TAPK_EVENT_CANCEL;
        CHECK((rig_run(rig) == TAPK_APPROVED) == whole);
        struct tapk_ctx *ctx = rig_ctx(rig);
        const struct tapk_env env = ctx->env;
        if (whole) {
            memcpy(pan, ctx->tap.pan, sizeof pan);
            CHECK(holds(rig->memory, sizeof rig->memory, pan, sizeof pan));
            CHECK(holds(memo, sizeof *memo, pan, sizeof pan));
        }
        CHECK(tapk_wipe(ctx) == 0);
        CHECK(tapk_init(fresh, sizeof fresh, &env, rig->image, rig->image_len) == 0);
        CHECK(memcmp(fresh, rig->memory, tapk_ctx_size()) == 0);
    }
    const struct tapk_memo empty = {0};
    CHECK(!holds(memo, sizeof *memo, pan, sizeof pan));
    CHECK(memcmp(memo, &empty, sizeof empty) != 0);
    free(rig);
    free(memo);
}

/* Two contexts in one thread, one of them a copy made with memcpy in the middle of a tap. */
static void interleaved(void)
{
    struct rig *a = rig_new();
    struct rig *b = rig_new();
    struct tapk_step step_a;
    struct tapk_step step_b;
    struct tapk_event event;
    rig_swap(b, 2, (const char *)card_9f4b, 4, "\x00\x00\x00\x00");
    CHECK(rig_start(a, &step_a) == 0 && rig_start(b, &step_b) == 0);
    for (int i = 0;
         i < 40 && (step_a.kind != TAPK_STEP_OUTCOME || step_b.kind != TAPK_STEP_OUTCOME); i++) {
        if (i == 9) { /* a moves to other memory */
            static uint64_t elsewhere[(TAPK_CTX_SIZE + 7) / 8];
            memcpy(elsewhere, a->memory, sizeof elsewhere);
            memset(a->memory, 0xEE, sizeof a->memory);
            memcpy(a->memory, elsewhere, sizeof elsewhere);
        }
        if (step_a.kind != TAPK_STEP_OUTCOME) {
            rig_perform(a, &step_a, &event);
            CHECK(tapk_resume(rig_ctx(a), &event, &step_a) == 0);
        }
        if (step_b.kind != TAPK_STEP_OUTCOME) {
            rig_perform(b, &step_b, &event);
            CHECK(tapk_resume(rig_ctx(b), &event, &step_b) == 0);
        }
    }
    a->outcome.size = b->outcome.size = (uint32_t)sizeof a->outcome;
    CHECK(tapk_outcome(rig_ctx(a), &a->outcome) == 0 && a->outcome.status == TAPK_APPROVED);
    CHECK(tapk_outcome(rig_ctx(b), &b->outcome) == 0 && b->outcome.status == TAPK_DECLINED);
    free(a);
    free(b);
}

static size_t rsa_calls;

static int counting_rsa(void *user, uint8_t *out, const uint8_t *in, const uint8_t *modulus,
                        size_t n, const uint8_t *exponent, size_t exponent_len)
{
    struct tapk_crypto soft;
    tapk_soft_crypto(&soft);
    rsa_calls++;
    return soft.rsa(user, out, in, modulus, n, exponent, exponent_len);
}

/* Operations done ahead or before change nothing but the time: the same commands, decisions and
 * outcome; a card revoked between two taps is refused (CK-021). */
static void remembered(void)
{
    static const uint8_t revoked[] = {0x9F, 0x06, 0x05, 0xA0, 0x00, 0x00, 0x03, 0x33, 0x9F, 0x22,
                                      0x01, 0xF1, 0xDF, 0x8F, 0x31, 0x03, 0x00, 0x00, 0x01};
    const struct rig_entry list = {TAPK_ENTRY_REVOKED, revoked, sizeof revoked};
    struct tapk_memo *memo = calloc(1, sizeof *memo);
    struct rig *plain = rig_new();
    CHECK(rig_run(plain) == TAPK_APPROVED);
    for (int work = 0; work < 2; work++) {
        struct rig *rig = rig_new();
        memset(memo, 0, sizeof *memo);
        rig->memo = memo;
        rig->work = work;
        rig->crypto.rsa = counting_rsa;
        CHECK(tapk_crypto_check(&rig->crypto) == 0);
        for (int tap = 0; tap < 2; tap++) {
            rsa_calls = 0;
            CHECK(rig_run(rig) == TAPK_APPROVED);
            CHECK(rsa_calls == (tap == 0 ? 3 : 1)); /* later taps: the signature alone */
            CHECK(memcmp(rig->command, plain->command, sizeof rig->command) == 0);
            CHECK(tapk_trace_of(rig_ctx(rig))->count == tapk_trace_of(rig_ctx(plain))->count);
            CHECK(memcmp(rig->ring, plain->ring,
                         tapk_trace_of(rig_ctx(rig))->count * sizeof rig->ring[0]) == 0);
        }
        CHECK(tapk_work(NULL) == TAPK_E_ARGUMENT && tapk_work(rig_ctx(rig)) == 0);
        CHECK(rig_terminal(rig, (const uint8_t *)ONLINE_TTQ, NULL, 0, &list, 1) == 0);
        CHECK(rig_run(rig) == TAPK_DECLINED && rig->outcome.oda_rule == TAPK_RULE_CK_021);
        free(rig);
    }
    free(plain);
    free(memo);
}

static void balance(void)
{
    struct rig *rig = rig_new();
    rig->transaction.purpose = TAPK_BALANCE;
    rig->transaction.amount = 0;
    rig_answer(rig, 2, (const uint8_t *)"\x9F\x79\x06\x00\x00\x00\x01\x00\x00", 9, 0x9000);
    CHECK(rig_run(rig) == TAPK_END_APPLICATION);
    CHECK(rig->outcome.reason == TAPK_REASON_BALANCE_READ && rig->outcome.balance == 10000);
    CHECK(rig->commands == 3 && memcmp(rig->command[2], "\x80\xCA\x9F\x79\x00", 5) == 0);
    rig_answer(rig, 2, (const uint8_t *)"\x9F\x78\x06\x00\x00\x00\x01\x00\x00", 9, 0x9000);
    rig_answer(rig, 3, NULL, 0, 0x6A88);
    CHECK(rig_run(rig) == TAPK_END_APPLICATION);
    CHECK(rig->outcome.reason == TAPK_REASON_BALANCE_UNKNOWN && rig->commands == 4);
    CHECK(rig->outcome.balance_known == 0);
    free(rig);
}

#ifdef TAPK_TEST
/* Any single decision forced: never a step outside states.def, never an endless tap. */
static void forced(void)
{
    for (uint16_t rule = 1; rule < TAPK_RULE_LAST; rule++) {
        for (uint16_t force = TAPK_FORCE_FALSE; force <= TAPK_FORCE_MORE; force++) {
            struct rig *rig = rig_new();
            rig->force_rule = rule;
            rig->force = force;
            CHECK(rig_run(rig) > 0);
            CHECK(rig->steps < 200);
            free(rig);
        }
    }
}
#endif

/* UNSUPPORTED at every step of the approval: the refusing path. */
static void unsupported(void)
{
    for (size_t refuse_at = 0; refuse_at < 13; refuse_at++) {
        struct rig *rig = rig_new();
        struct tapk_step step;
        struct tapk_event event;
        CHECK(rig_start(rig, &step) == 0);
        for (size_t i = 0; step.kind != TAPK_STEP_OUTCOME && i < 100; i++) {
            rig_perform(rig, &step, &event);
            if (i == refuse_at) {
                event.kind = TAPK_EVENT_UNSUPPORTED;
                event.len = 0;
            }
            CHECK(tapk_resume(rig_ctx(rig), &event, &step) == 0);
        }
        rig->outcome.size = (uint32_t)sizeof rig->outcome;
        CHECK(tapk_outcome(rig_ctx(rig), &rig->outcome) == 0);
        /* Steps 11 and 12 drop the record and show the approval: the money has moved, nothing is
         * left to refuse. */
        CHECK((rig->outcome.status == TAPK_APPROVED) == (refuse_at >= 11));
        free(rig);
    }
}

int main(void)
{
    host();
    torn();
    short_answer();
    store();
    detection();
    misuse();
    wiped();
    interleaved();
    remembered();
    balance();
#ifdef TAPK_TEST
    forced();
#endif
    unsupported();
    return check_done("test_flow");
}

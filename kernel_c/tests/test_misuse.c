/* SPDX-License-Identifier: Apache-2.0
 *
 * Wrong calls: null pointers, structs of another size, impossible values, events that do not fit.
 * Each is answered with its error, and the context stays as it was.
 */
#include "check.h"
#include "rig.h"

static struct tapk_env env_of(struct rig *rig)
{
    struct tapk_env env;
    memset(&env, 0, sizeof env);
    env.size = (uint32_t)sizeof env;
    env.crypto = &rig->crypto;
    return env;
}

static void init(void)
{
    struct rig *rig = rig_new();
    struct tapk_env env = env_of(rig);
    uint8_t *memory = (uint8_t *)rig->memory;
    const size_t size = sizeof rig->memory;
    const size_t n = rig->image_len;
    CHECK(tapk_init(NULL, size, &env, rig->image, n) == TAPK_E_ARGUMENT);
    CHECK(tapk_init(memory, size, NULL, rig->image, n) == TAPK_E_ARGUMENT);
    CHECK(tapk_init(memory, size, &env, NULL, n) == TAPK_E_ARGUMENT);
    CHECK(tapk_init(memory + 4, size - 8, &env, rig->image, n) == TAPK_E_ARGUMENT);
    CHECK(tapk_init(memory, tapk_ctx_size() - 1, &env, rig->image, n) == TAPK_E_SIZE);
    env.size--;
    CHECK(tapk_init(memory, size, &env, rig->image, n) == TAPK_E_SIZE);
    env.size++;
    CHECK(tapk_init(memory, size, &env, rig->image, n - 1) == TAPK_E_CONFIG);
    CHECK(tapk_trace_of(rig_ctx(rig)) == NULL); /* nothing was begun */
    CHECK(tapk_init(memory, tapk_ctx_size(), &env, rig->image, n) == TAPK_OK);
    CHECK(tapk_trace_of(rig_ctx(rig)) != NULL);
    free(rig);
}

/* A context that is none: no call touches it. */
static void no_context(void)
{
    struct rig *rig = rig_new();
    struct tapk_step step;
    struct tapk_event event;
    struct tapk_outcome outcome;
    CHECK(rig_start(rig, &step) == TAPK_OK);
    rig_moment(&event);
    event.kind = TAPK_EVENT_DONE;
    memset(&outcome, 0, sizeof outcome);
    outcome.size = (uint32_t)sizeof outcome;
    for (int wrong = 0; wrong < 3; wrong++) {
        struct tapk_ctx *ctx = wrong == 0 ? NULL : rig_ctx(rig);
        rig_ctx(rig)->magic ^= wrong == 1;
        rig_ctx(rig)->size ^= wrong == 2;
        CHECK(tapk_begin(ctx, &rig->transaction, &event, &step) == TAPK_E_ARGUMENT);
        CHECK(tapk_resume(ctx, &event, &step) == TAPK_E_ARGUMENT);
        CHECK(tapk_work(ctx) == TAPK_E_ARGUMENT);
        CHECK(tapk_outcome(ctx, &outcome) == TAPK_E_ARGUMENT);
        CHECK(tapk_wipe(ctx) == TAPK_E_ARGUMENT);
        CHECK(tapk_trace_of(ctx) == NULL);
        CHECK(tapk_test_force(ctx, 1, 1) != TAPK_OK);
        rig_ctx(rig)->magic ^= wrong == 1;
        rig_ctx(rig)->size ^= wrong == 2;
    }
    CHECK(tapk_resume(rig_ctx(rig), &event, &step) == TAPK_OK && step.kind == TAPK_STEP_DETECT);
    free(rig);
}

static void begin(void)
{
    struct rig *rig = rig_new();
    struct tapk_step step;
    struct tapk_event event;
    CHECK(rig_start(rig, &step) == TAPK_OK);
    struct tapk_ctx *ctx = rig_ctx(rig);
    rig_moment(&event);
    CHECK(tapk_begin(ctx, NULL, &event, &step) == TAPK_E_ARGUMENT);
    CHECK(tapk_begin(ctx, &rig->transaction, NULL, &step) == TAPK_E_ARGUMENT);
    CHECK(tapk_begin(ctx, &rig->transaction, &event, NULL) == TAPK_E_ARGUMENT);
    uint32_t *const sizes[] = {&rig->transaction.size, &event.size, &step.size};
    for (size_t i = 0; i < 3; i++) {
        ++*sizes[i];
        CHECK(tapk_begin(ctx, &rig->transaction, &event, &step) == TAPK_E_SIZE);
        --*sizes[i];
    }
    const struct tapk_transaction good = rig->transaction;
    struct tapk_transaction wrong[10];
    for (size_t i = 0; i < 10; i++)
        wrong[i] = good;
    wrong[0].purpose = 3;
    wrong[1].start = TAPK_START_C;
    wrong[2].exponent = 10;
    wrong[3].amount = 1000000000000u;
    wrong[4].other = 1000000000000u;
    wrong[5].type = 0x0A;
    wrong[6].currency[1] = 0x5F;
    wrong[7].sequence[3] = 0xA0;
    wrong[8].time[0] = 0x24;
    wrong[9].start = TAPK_START_B; /* of a payment alone */
    wrong[9].purpose = TAPK_BALANCE;
    for (size_t i = 0; i < 10; i++)
        CHECK(tapk_begin(ctx, &wrong[i], &event, &step) == TAPK_E_ARGUMENT);
    CHECK(ctx->state == TAPK_STATE_SHOW_PRESENT && ctx->transaction.amount == 1234);
    wrong[3].amount = wrong[4].other = 999999999999u;
    wrong[2].exponent = 9;
    wrong[8].time[0] = 0x23;
    CHECK(tapk_begin(ctx, &wrong[2], &event, &step) == TAPK_OK);
    CHECK(tapk_begin(ctx, &wrong[3], &event, &step) == TAPK_OK);
    CHECK(tapk_begin(ctx, &wrong[4], &event, &step) == TAPK_OK);
    CHECK(tapk_begin(ctx, &wrong[8], &event, &step) == TAPK_OK);
    free(rig);
}

static void resume(void)
{
    struct rig *rig = rig_new();
    struct tapk_step step;
    struct tapk_event event;
    struct tapk_outcome outcome;
    struct tapk_env env = env_of(rig);
    struct tapk_ctx *ctx = rig_ctx(rig);
    memset(&step, 0, sizeof step);
    step.size = (uint32_t)sizeof step;
    rig_moment(&event);
    event.kind = TAPK_EVENT_DONE;
    CHECK(tapk_init(ctx, sizeof rig->memory, &env, rig->image, rig->image_len) == TAPK_OK);
    CHECK(tapk_resume(ctx, &event, &step) == TAPK_E_STATE); /* nothing was begun */
    event.kind = TAPK_EVENT_UNSUPPORTED;
    CHECK(tapk_resume(ctx, &event, &step) == TAPK_E_STATE);
    CHECK(rig_start(rig, &step) == TAPK_OK);
    event.kind = TAPK_EVENT_DONE;
    CHECK(tapk_resume(ctx, NULL, &step) == TAPK_E_ARGUMENT);
    CHECK(tapk_resume(ctx, &event, NULL) == TAPK_E_ARGUMENT);
    step.size++;
    CHECK(tapk_resume(ctx, &event, &step) == TAPK_E_SIZE);
    step.size--;
    event.len = 1; /* bytes without a place */
    CHECK(tapk_resume(ctx, &event, &step) == TAPK_E_EVENT);
    event.len = 0;
    CHECK(tapk_resume(ctx, &event, &step) == TAPK_OK);

    memset(&outcome, 0, sizeof outcome);
    outcome.size = (uint32_t)sizeof outcome;
    rig_swap(rig, 2, "\x9F\x6C\x02\x00", 4, "\x9F\x6C\x02\x20");
    rig_swap(rig, 2, (const char *)card_9f4b, 4, "\x00\x00\x00\x00");
    CHECK(rig_run(rig) == TAPK_ONLINE_REQUEST);
    CHECK(tapk_outcome(ctx, NULL) == TAPK_E_ARGUMENT);
    outcome.size++;
    CHECK(tapk_outcome(ctx, &outcome) == TAPK_E_SIZE);
    rig_moment(&event);
    event.kind = TAPK_EVENT_HOST;
    event.data = (const uint8_t *)"000";
    for (uint16_t n = 1; n < 4; n += 2) { /* a response code has two characters */
        event.len = n;
        CHECK(tapk_resume(ctx, &event, &step) == TAPK_E_EVENT);
    }
    event.kind = TAPK_EVENT_DONE;
    event.len = 0;
    CHECK(tapk_resume(ctx, &event, &step) == TAPK_E_EVENT);
    event.kind = TAPK_EVENT_UNSUPPORTED; /* a device that cannot ask: the host was not reached */
    CHECK(tapk_resume(ctx, &event, &step) == TAPK_OK && step.kind == TAPK_STEP_SHOW);
    CHECK(tapk_resume(ctx, &event, &step) == TAPK_OK && step.kind == TAPK_STEP_OUTCOME);
    outcome.size--;
    CHECK(tapk_outcome(ctx, &outcome) == TAPK_OK && outcome.status == TAPK_DECLINED);
    CHECK(outcome.reason == TAPK_REASON_HOST_NOT_REACHED && outcome.rule == TAPK_RULE_QP_130);
    CHECK(tapk_resume(ctx, &event, &step) == TAPK_E_STATE);
    free(rig);
}

static void values(void)
{
    struct rig *rig = rig_new();
    struct tapk_span value;
    uint8_t origin;
    uint8_t out[512];
    size_t len;
    CHECK(rig_run(rig) == TAPK_APPROVED);
    struct tapk_ctx *ctx = rig_ctx(rig);
    CHECK(tapk_get(NULL, 0x5A, &value, &origin) == TAPK_E_ARGUMENT);
    CHECK(tapk_get(ctx, 0x5A, NULL, &origin) == TAPK_E_ARGUMENT);
    CHECK(tapk_get(ctx, 0x5A, &value, NULL) == TAPK_E_ARGUMENT);
    CHECK(tapk_get(ctx, 0x5A, &value, &origin) == TAPK_OK && value.n == 10);
    CHECK(tapk_get(ctx, 0xDF8129, &value, &origin) == 1);
    CHECK(tapk_get(ctx, 0x8A, &value, &origin) == TAPK_OK && memcmp(value.p, "Y1", 2) == 0);
    CHECK(tapk_fetch(NULL, TAPK_LIST_OFFLINE, out, sizeof out, &len) == TAPK_E_ARGUMENT);
    CHECK(tapk_fetch(ctx, TAPK_LIST_OFFLINE, NULL, sizeof out, &len) == TAPK_E_ARGUMENT);
    CHECK(tapk_fetch(ctx, TAPK_LIST_OFFLINE, out, sizeof out, NULL) == TAPK_E_ARGUMENT);
    CHECK(tapk_fetch(ctx, 99, out, sizeof out, &len) == 1 && len == 0);
    free(rig);
}

/* A device that cannot do a step while a message is shown: the tap is refused. */
static void unsupported(void)
{
    static const struct {
        uint16_t detected;
        size_t at; /* the step that cannot be done, from the first */
        uint16_t reason;
    } rows[] = {{TAPK_EVENT_COLLISION, 0, TAPK_REASON_UNSUPPORTED},
                {TAPK_EVENT_COLLISION, 2, TAPK_REASON_UNSUPPORTED},
                {TAPK_EVENT_COLLISION, 3, TAPK_REASON_UNSUPPORTED}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct rig *rig = rig_new();
        struct tapk_step step;
        struct tapk_event event;
        struct tapk_outcome outcome;
        rig->detect_event = rows[i].detected;
        CHECK(rig_start(rig, &step) == TAPK_OK);
        for (size_t n = 0; n < 8 && step.kind != TAPK_STEP_OUTCOME; n++) {
            rig_perform(rig, &step, &event);
            if (n == rows[i].at)
                event.kind = TAPK_EVENT_UNSUPPORTED;
            CHECK(tapk_resume(rig_ctx(rig), &event, &step) == TAPK_OK);
        }
        memset(&outcome, 0, sizeof outcome);
        outcome.size = (uint32_t)sizeof outcome;
        CHECK(tapk_outcome(rig_ctx(rig), &outcome) == TAPK_OK);
        CHECK(outcome.status == TAPK_END_APPLICATION && outcome.reason == rows[i].reason);
        CHECK(rig->commands == 0);
        free(rig);
    }
}

/* An online request stays one when its message cannot be shown: the host decides. */
static void silent_online(void)
{
    struct rig *rig = rig_new();
    struct tapk_step step;
    struct tapk_event event;
    rig_swap(rig, 2, "\x9F\x6C\x02\x00", 4, "\x9F\x6C\x02\x20");
    rig_swap(rig, 2, (const char *)card_9f4b, 4, "\x00\x00\x00\x00");
    CHECK(rig_start(rig, &step) == TAPK_OK);
    for (size_t n = 0; n < 40 && step.kind != TAPK_STEP_OUTCOME; n++) {
        rig_perform(rig, &step, &event);
        if (rig_ctx(rig)->state == TAPK_STATE_SHOW_OUTCOME)
            event.kind = TAPK_EVENT_UNSUPPORTED;
        CHECK(tapk_resume(rig_ctx(rig), &event, &step) == TAPK_OK);
    }
    rig->outcome.size = (uint32_t)sizeof rig->outcome;
    CHECK(tapk_outcome(rig_ctx(rig), &rig->outcome) == TAPK_OK);
    CHECK(rig->outcome.status == TAPK_ONLINE_REQUEST);
    rig_moment(&event);
    event.kind = TAPK_EVENT_HOST;
    event.data = (const uint8_t *)"00";
    event.len = 2;
    CHECK(tapk_resume(rig_ctx(rig), &event, &step) == TAPK_OK);
    free(rig);
}

/* Images of another program: without switches, and with more of them than one length says, the
 * profile counts. */
static void foreign_image(void)
{
    for (size_t n = 0; n <= 256; n += 256) {
        struct rig *rig = rig_new();
        uint8_t *image = rig->image;
        uint8_t body[512];
        size_t body_len = 0;
        uint8_t key[200];
        size_t used = TAPK_IMAGE_HEADER;
        static const uint8_t ones[256] = {[TAPK_SW_EP_SELECTION] = 1};
        memcpy(body, example_combination, sizeof example_combination);
        body_len = sizeof example_combination;
        if (n > 0)
            CHECK(tapk_tlv_put(body, sizeof body, &body_len, TAPK_TAG_SWITCHES, ones, n) == 0);
        const struct rig_entry entries[] = {
            {TAPK_ENTRY_TERMINAL, example_terminal, sizeof example_terminal},
            {TAPK_ENTRY_COMBINATION, body, body_len},
            {TAPK_ENTRY_CA_KEY, key, example_key(key)}};
        memset(image, 0, sizeof rig->image);
        for (size_t i = 0; i < 3; i++) {
            image[used] = entries[i].kind;
            image[used + 2] = (uint8_t)(entries[i].len >> 8);
            image[used + 3] = (uint8_t)entries[i].len;
            memcpy(image + used + 4, entries[i].tlv, entries[i].len);
            used += 4 + entries[i].len;
        }
        memcpy(image, "TAPK\0\x01\0\x03", 8);
        image[10] = (uint8_t)(used >> 8);
        image[11] = (uint8_t)used;
        rig->image_len = used;
        CHECK(rig_run(rig) == TAPK_APPROVED && rig->outcome.rule == TAPK_RULE_QP_120);
        rig_answer(rig, 0, NULL, 0, 0x6A82); /* by the profile: not the selection of 2013 */
        CHECK(rig_run(rig) == TAPK_END_APPLICATION && rig->outcome.rule == TAPK_RULE_EP_060);
        free(rig);
    }
}

/* EC-001, ODA-070: what the terminal offers in GPO follows the type, the amount and the settings.
 */
static void offers(void)
{
    static const struct {
        uint8_t type;
        uint64_t amount;
        uint8_t sm; /* DF8F08 */
        uint8_t ec; /* 9F7A */
    } rows[] = {{0x00, 1233, 0, 1}, {0x00, 1234, 1, 0}, {0x20, 1233, 0, 0}};
    for (size_t i = 0; i < 3; i++) {
        static const uint8_t more[] = {0x9F, 0x7B, 0x06, 0,    0,    0,    0,    0x12, 0x34, 0xDF,
                                       0x8F, 0x03, 0x02, 0x00, 0x20, 0xDF, 0x8F, 0x08, 0x01, 0x00};
        uint8_t combination[120];
        struct tapk_span value;
        uint8_t origin;
        struct rig *rig = rig_new();
        memcpy(combination, example_combination, sizeof example_combination);
        memcpy(combination + sizeof example_combination, more, sizeof more);
        combination[sizeof example_combination + sizeof more - 1] = rows[i].sm;
        CHECK(rig_configure(rig, combination, sizeof example_combination + sizeof more, NULL, 0) ==
              0);
        rig->transaction.type = rows[i].type;
        rig->transaction.amount = rows[i].amount;
        CHECK(rig_run(rig) == (rows[i].amount == 1234 ? TAPK_APPROVED : TAPK_DECLINED));
        CHECK(tapk_get(rig_ctx(rig), 0x9F7A, &value, &origin) == 0 && value.p[0] == rows[i].ec);
        CHECK(tapk_get(rig_ctx(rig), 0xDF69, &value, &origin) == 0 && value.p[0] == 0);
        CHECK(rig_saw(rig, TAPK_RULE_ODA_070, 0)); /* no SM2 key, and none wanted */
        free(rig);
    }
}

int main(void)
{
    silent_online();
    foreign_image();
    offers();
    init();
    no_context();
    begin();
    resume();
    values();
    unsupported();
    return check_done("test_misuse");
}

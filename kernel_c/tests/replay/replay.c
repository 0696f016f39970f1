/* SPDX-License-Identifier: Apache-2.0
 *
 * Replays recorded taps on any platform: replay CASES.jsonl [CASE-ID]
 *
 * The file (tapkern suite export) has a sealed configuration image per terminal, and for each case
 * the transactions, what the terminal did and was answered, and what is expected. Every command has
 * to be the recorded one, every check has to hold. The last line counts; 0 when nothing failed.
 * The digests before it are of all that the kernel said: equal on every platform.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "said.h"
#include "tapkern/tapkern.h"

#define IMAGES_MAX 4096
#define LIST_MAX 8192
#define ANSWER_MAX 2048 /* a card may send more than a command allows */

struct image {
    uint8_t *data;
    size_t len;
};

struct run {
    const struct json *json;
    struct tapk_ctx *ctx;
    struct tapk_outcome outcome;
    size_t step, step_end;          /* recorded steps of the tap that are still to come */
    uint64_t now_ms;                /* of the last recorded step */
    uint8_t random[8];              /* of every event of the tap */
    uint8_t torn[TAPK_RECORD_SIZE]; /* what STORE kept */
    uint8_t field55[LIST_MAX];      /* of the outcome, or of the one before the host's answer */
    size_t field55_len;
    int asked_host; /* the host has answered an online request */
    char why[200];  /* the first thing that was wrong */
};

static struct image images[IMAGES_MAX];
static struct tapk_trace_event decisions[8192];
static struct tapk_crypto crypto;
static size_t judged, not_judged;

static int wrong(struct run *run, const char *what, const char *found)
{
    if (run->why[0] == '\0')
        snprintf(run->why, sizeof run->why, "%s: %s", what, found);
    return -1;
}

/* ---- recorded steps ---- */

/* The values of a recorded step: kind, then what belongs to it. */
static size_t part(const struct run *run, size_t at, unsigned number)
{
    size_t found = json_first(run->json, at);
    while (number-- > 0 && found < json_end(run->json, at))
        found = json_end(run->json, found);
    return found < json_end(run->json, at) ? found : JSON_NONE;
}

/* The next recorded step if it is of this kind, else JSON_NONE. The field may go off anywhere. */
static size_t recorded(struct run *run, const char *kind)
{
    const struct json *json = run->json;
    while (run->step < run->step_end && json_is(json, part(run, run->step, 0), "field_off"))
        run->step = json_end(json, run->step);
    if (run->step >= run->step_end || !json_is(json, part(run, run->step, 0), kind))
        return JSON_NONE;
    const size_t found = run->step;
    run->step = json_end(json, found);
    return found;
}

static uint16_t event_of(const struct run *run, size_t at)
{
    static const struct {
        const char *word;
        uint16_t event;
    } words[] = {{"card", TAPK_EVENT_CARD},           {"collision", TAPK_EVENT_COLLISION},
                 {"timeout", TAPK_EVENT_TIMEOUT},     {"lost", TAPK_EVENT_LOST},
                 {"cancel", TAPK_EVENT_CANCEL},       {"found", TAPK_EVENT_FOUND},
                 {"not_found", TAPK_EVENT_NOT_FOUND}, {"done", TAPK_EVENT_DONE},
                 {"failed", TAPK_EVENT_FAILED},       {"unsupported", TAPK_EVENT_UNSUPPORTED}};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (json_is(run->json, at, words[i].word))
            return words[i].event;
    return TAPK_EVENT_ANSWER;
}

static int on_transmit(struct run *run, const struct tapk_step *step, struct tapk_event *event,
                       uint8_t answer[ANSWER_MAX])
{
    uint8_t command[261];
    const size_t at = recorded(run, "transmit");
    if (at == JSON_NONE)
        return wrong(run, "a command", "more than were recorded");
    const size_t len = json_hex(run->json, part(run, at, 1), command, sizeof command);
    if (len != step->len || memcmp(command, step->data, len) != 0)
        return wrong(run, "a command", "another than was recorded");
    run->now_ms = json_number(run->json, part(run, at, 3), run->now_ms);
    event->kind = event_of(run, part(run, at, 2));
    if (event->kind != TAPK_EVENT_ANSWER)
        return 0;
    const size_t n = json_hex(run->json, part(run, at, 2), answer, ANSWER_MAX);
    if (n == JSON_NONE)
        return wrong(run, "the record", "an answer that cannot be read");
    if (n < 2 || n > 258) { /* no R-APDU: what a driver makes of it */
        event->kind = TAPK_EVENT_LOST;
        return 0;
    }
    event->data = answer;
    event->len = (uint16_t)n;
    return 0;
}

/* A step that was not recorded next has nobody who can do it. */
static int on_store(struct run *run, const struct tapk_step *step, struct tapk_event *event)
{
    const size_t at = recorded(run, "store");
    event->kind = TAPK_EVENT_UNSUPPORTED;
    if (at == JSON_NONE)
        return 0;
    if (!json_is(run->json, part(run, at, 1), step->len ? "keep" : "drop"))
        return wrong(run, "the store", step->len ? "kept, not dropped" : "dropped, not kept");
    event->kind = event_of(run, part(run, at, 2));
    if (step->len == sizeof run->torn && event->kind == TAPK_EVENT_DONE)
        memcpy(run->torn, step->data, sizeof run->torn);
    return 0;
}

/* What the recorded surroundings answer to a step. */
static int perform(struct run *run, const struct tapk_step *step, struct tapk_event *event,
                   uint8_t answer[ANSWER_MAX])
{
    size_t at;
    event->kind = TAPK_EVENT_DONE;
    switch (step->kind) {
    case TAPK_STEP_TRANSMIT:
        return on_transmit(run, step, event, answer);
    case TAPK_STEP_STORE:
        return on_store(run, step, event);
    case TAPK_STEP_DETECT:
        at = recorded(run, "detect");
        if (at == JSON_NONE)
            return wrong(run, "a presentment", "more than were recorded");
        event->kind = event_of(run, part(run, at, 1));
        run->now_ms = json_number(run->json, part(run, at, 2), run->now_ms);
        return 0;
    case TAPK_STEP_LOOKUP:
        at = recorded(run, "lookup");
        event->kind = at == JSON_NONE ? TAPK_EVENT_UNSUPPORTED : event_of(run, part(run, at, 3));
        return 0;
    default:
        return 0;
    }
}

static void moment(const struct run *run, struct tapk_event *event)
{
    memset(event, 0, sizeof *event);
    event->size = (uint32_t)sizeof *event;
    event->now_ms = run->now_ms;
    memcpy(event->random, run->random, sizeof event->random);
}

static int to_outcome(struct run *run, struct tapk_step *step)
{
    uint8_t answer[ANSWER_MAX];
    struct tapk_event event;
    for (unsigned steps = 0; step->kind != TAPK_STEP_OUTCOME; steps++) {
        struct tapk_event now;
        moment(run, &event);
        if (steps > 2000)
            return wrong(run, "the tap", "does not end");
        if (perform(run, step, &event, answer) != 0)
            return -1;
        moment(run, &now);
        event.now_ms = now.now_ms;
        if (said_resume(&run->ctx, &event, step) != TAPK_OK)
            return wrong(run, "tapk_resume", "refuses an event");
    }
    run->outcome.size = (uint32_t)sizeof run->outcome;
    if (tapk_outcome(run->ctx, &run->outcome) != TAPK_OK)
        return wrong(run, "tapk_outcome", "has none");
    said_outcome(run->ctx, &run->outcome);
    for (uint8_t list = TAPK_LIST_ONLINE; list <= TAPK_LIST_OFFLINE; list++) {
        size_t len = 0;
        if (tapk_fetch(run->ctx, list, run->field55, sizeof run->field55, &len) == 0) {
            run->field55_len = len;
            break;
        }
    }
    return 0;
}

/* ---- checks ---- */

static const char *word_of(const struct run *run, const char *field, char number[24])
{
    static const char *const cvm[] = {"no_cvm", "signature", "online_pin", "cdcvm"};
    static const char *const oda[] = {"not_performed", "failed", "successful"};
    static const char *const status[] = {"refused",
                                         "approved",
                                         "declined",
                                         "online_request",
                                         "end_application",
                                         "select_next",
                                         "try_another_interface",
                                         "try_again"};
    const struct tapk_outcome *o = &run->outcome;
    if (strcmp(field, "outcome") == 0)
        return status[o->status >> 4];
    if (strcmp(field, "cvm") == 0)
        return o->cvm == TAPK_CVM_NA ? "n_a" : cvm[o->cvm >> 4];
    if (strcmp(field, "oda") == 0)
        return oda[o->oda];
    if (strcmp(field, "rule") == 0)
        return o->rule ? tapk_name(TAPK_SPACE_RULE, o->rule) : "null";
    if (strcmp(field, "oda_rule") == 0)
        return o->oda_rule ? tapk_name(TAPK_SPACE_RULE, o->oda_rule) : "null";
    if (strcmp(field, "may_defer") == 0)
        return o->may_defer ? "true" : "false";
    if (strcmp(field, "card_may_have_paid") == 0)
        return o->card_may_have_paid ? "true" : "false";
    if (strcmp(field, "receipt") == 0)
        return o->receipt == 1 ? "true" : "false";
    if (strcmp(field, "reason") == 0) {
        const char *name = tapk_name(TAPK_SPACE_REASON, o->reason);
        static char lower[64];
        size_t i = 0;
        for (; i < sizeof lower - 1 && name[i]; i++)
            lower[i] = (char)(name[i] >= 'A' && name[i] <= 'Z' ? name[i] - 'A' + 'a' : name[i]);
        lower[i] = '\0';
        return lower;
    }
    if (strcmp(field, "approval_code") == 0) {
        struct tapk_span code = {NULL, 0};
        uint8_t origin;
        const int offline = o->status == TAPK_APPROVED && !run->asked_host; /* QP-141 */
        if (!offline || tapk_get(run->ctx, 0x9F74, &code, &origin) != TAPK_OK || code.n > 23)
            return "null";
        memcpy(number, code.p, code.n);
        number[code.n] = '\0';
        return number;
    }
    if (strcmp(field, "balance") == 0) {
        snprintf(number, 24, "%" PRIu64, o->balance);
        return o->balance_known ? number : "null";
    }
    return NULL;
}

/* 1 when the value at a node is this word, number or null. */
static int same(const struct json *json, size_t at, const char *word)
{
    const struct json_node *node = &json->node[at];
    return node->len == strlen(word) && memcmp(node->text, word, node->len) == 0;
}

static int judge_field(struct run *run, size_t check)
{
    const struct json *json = run->json;
    const size_t is = json_key(json, check, "is"), is_not = json_key(json, check, "is_not");
    const size_t one_of = json_key(json, check, "one_of");
    const struct json_node *name = &json->node[json_key(json, check, "field")];
    char field[32], number[24];
    snprintf(field, sizeof field, "%.*s", (int)name->len, name->text);
    const char *word = word_of(run, field, number);
    if (word == NULL)
        return 0;
    int holds = is != JSON_NONE ? same(json, is, word) : is_not != JSON_NONE;
    if (is_not != JSON_NONE)
        holds = !same(json, is_not, word);
    if (one_of != JSON_NONE)
        for (size_t i = json_first(json, one_of); i < json_end(json, one_of); i = json_end(json, i))
            holds |= same(json, i, word);
    judged++;
    return holds ? 1 : wrong(run, field, word);
}

/* Length of the object at a tag of a list of data elements, which the kernel wrote: plain TLV. */
static int next_object(const uint8_t *list, size_t len, size_t *at, uint32_t *tag, size_t *n)
{
    if (*at >= len)
        return 0;
    *tag = list[(*at)++];
    if ((*tag & 0x1F) == 0x1F)
        do
            *tag = *tag << 8 | list[*at];
        while (list[(*at)++] & 0x80 && *at < len);
    *n = list[(*at)++];
    if (*n == 0x81)
        *n = list[(*at)++];
    else if (*n == 0x82) {
        *n = (size_t)list[*at] << 8 | list[*at + 1];
        *at += 2;
    }
    return 1;
}

/* 1 when the list holds this object as often as it is expected. */
static int holds_object(const uint8_t *list, size_t len, uint32_t tag, const uint8_t *value,
                        size_t n)
{
    size_t at = 0, length;
    uint32_t found;
    while (next_object(list, len, &at, &found, &length)) {
        if (found == tag && length == n && memcmp(list + at, value, n) == 0)
            return 1;
        at += length;
    }
    return 0;
}

static uint32_t tag_at(const struct json *json, size_t at)
{
    uint8_t bytes[4];
    const size_t n = json_hex(json, at, bytes, sizeof bytes);
    uint32_t tag = 0;
    for (size_t i = 0; i < n && n != JSON_NONE; i++)
        tag = tag << 8 | bytes[i];
    return tag;
}

/* One object of a list: its value, that it is there, or that it is not. */
static int judge_tag(struct run *run, size_t check, const uint8_t *list, size_t len)
{
    const struct json *json = run->json;
    const uint32_t wanted = tag_at(json, json_key(json, check, "tag"));
    const size_t is = json_key(json, check, "is");
    uint8_t value[512];
    size_t at = 0, n;
    uint32_t tag = 0;
    int there = 0;
    if (json_key(json, check, "bits") != JSON_NONE)
        return 0;
    for (; !there && next_object(list, len, &at, &tag, &n); at += n)
        there = tag == wanted;
    judged++;
    if (is != JSON_NONE) {
        const size_t length = json_hex(json, is, value, sizeof value);
        there = length != JSON_NONE && holds_object(list, len, wanted, value, length);
    } else if (json_key(json, check, "absent") != JSON_NONE) {
        there = !there;
    }
    if (!there)
        snprintf(run->why, sizeof run->why, "tag %" PRIX32 " is not as expected", wanted);
    return there ? 1 : -1;
}

/* A whole list: these objects and no others. */
static int judge_objects(struct run *run, size_t objects, const uint8_t *list, size_t len)
{
    const struct json *json = run->json;
    size_t wanted = 0, at = 0, n;
    uint32_t tag;
    judged++;
    for (size_t i = json_first(json, objects); i < json_end(json, objects); i = json_end(json, i)) {
        uint8_t value[512];
        tag = tag_at(json, part(run, i, 0));
        n = json_hex(json, part(run, i, 1), value, sizeof value);
        if (n == JSON_NONE || !holds_object(list, len, tag, value, n)) {
            snprintf(run->why, sizeof run->why, "tag %" PRIX32 " is absent or another", tag);
            return -1;
        }
        wanted++;
    }
    while (next_object(list, len, &at, &tag, &n)) {
        at += n;
        if (wanted-- == 0)
            return wrong(run, "a list", "more objects than expected");
    }
    return 1;
}

static int judge_list(struct run *run, size_t check)
{
    const struct json *json = run->json;
    const size_t objects = json_key(json, check, "objects");
    static uint8_t record[LIST_MAX];
    const uint8_t *list = run->field55;
    size_t len = run->field55_len;
    if (json_is(json, json_key(json, check, "in"), "data_record")) {
        list = record;
        len = 0;
        if (run->outcome.data_record)
            (void)tapk_fetch(run->ctx, TAPK_LIST_DATA_RECORD, record, sizeof record, &len);
    }
    return objects == JSON_NONE ? judge_tag(run, check, list, len)
                                : judge_objects(run, objects, list, len);
}

/* 1 for what holds of the recorded steps, which are compared one by one. */
static int said_by_steps(const struct json *json, size_t check)
{
    static const char *const keys[] = {"apdus", "apdu", "no_apdu", "stored", "looked_up"};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (json_key(json, check, keys[i]) != JSON_NONE)
            return 1;
    return 0;
}

/* The checks of a tap about one of its outcomes. */
static int judge(struct run *run, size_t checks, const char *when)
{
    const struct json *json = run->json;
    for (size_t i = json_first(json, checks); i < json_end(json, checks); i = json_end(json, i)) {
        const size_t of = json_key(json, i, "when");
        int result = 0;
        if (!json_is(json, of, when) && !(of == JSON_NONE && strcmp(when, "outcome") == 0))
            continue;
        if (json_key(json, i, "field") != JSON_NONE)
            result = judge_field(run, i);
        else if (json_key(json, i, "in") != JSON_NONE)
            result = judge_list(run, i);
        else if (said_by_steps(json, i))
            continue;
        if (result < 0)
            return -1;
        not_judged += result == 0;
    }
    return 0;
}

/* ---- cases ---- */

static void transaction_of(const struct json *json, size_t at, struct tapk_transaction *t)
{
    memset(t, 0, sizeof *t);
    t->size = (uint32_t)sizeof *t;
    t->purpose = (uint8_t)json_number(json, json_key(json, at, "purpose"), 0);
    t->type = (uint8_t)json_number(json, json_key(json, at, "type"), 0);
    t->start = (uint8_t)json_number(json, json_key(json, at, "start"), 0);
    t->exponent = (uint8_t)json_number(json, json_key(json, at, "exponent"), 2);
    t->amount = json_number(json, json_key(json, at, "amount"), 0);
    t->other = json_number(json, json_key(json, at, "other"), 0);
    (void)json_hex(json, json_key(json, at, "currency"), t->currency, sizeof t->currency);
    (void)json_hex(json, json_key(json, at, "date"), t->date, sizeof t->date);
    (void)json_hex(json, json_key(json, at, "time"), t->time, sizeof t->time);
    (void)json_hex(json, json_key(json, at, "sequence"), t->sequence, sizeof t->sequence);
}

static int run_tap(struct run *run, size_t tap)
{
    const struct json *json = run->json;
    const size_t steps = json_key(json, tap, "steps"), checks = json_key(json, tap, "checks");
    const size_t damage = json_key(json, tap, "damage");
    struct tapk_transaction transaction;
    struct tapk_event event;
    struct tapk_step step;
    transaction_of(json, json_key(json, tap, "transaction"), &transaction);
    (void)json_hex(json, json_key(json, tap, "random"), run->random, sizeof run->random);
    if (damage != JSON_NONE) {
        const uint64_t bit = json_number(json, damage, 0) % (8 * sizeof run->torn);
        run->torn[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
    }
    if (json_is(json, json_key(json, tap, "recovers"), "true"))
        transaction.torn = run->torn;
    run->asked_host = 0;
    run->field55_len = 0;
    run->step = json_first(json, steps);
    run->step_end = json_end(json, steps);
    memset(&step, 0, sizeof step);
    step.size = (uint32_t)sizeof step;
    moment(run, &event);
    const int begun = tapk_begin(run->ctx, &transaction, &event, &step);
    said_step(begun, &step);
    if (begun != TAPK_OK) { /* EP-004: no outcome */
        memset(&run->outcome, 0, sizeof run->outcome);
        return judge(run, checks, "outcome");
    }
    if (to_outcome(run, &step) != 0 || judge(run, checks, "outcome") != 0)
        return -1;
    const size_t host = recorded(run, "host");
    if (host != JSON_NONE) {
        uint8_t code[2];
        const struct json_node *answer = &json->node[part(run, host, 1)];
        moment(run, &event);
        event.kind = TAPK_EVENT_HOST;
        event.len = answer->len == 2 ? 2 : 0;
        event.data = event.len ? memcpy(code, answer->text, 2) : NULL;
        run->asked_host = 1;
        if (said_resume(&run->ctx, &event, &step) != TAPK_OK)
            return wrong(run, "tapk_resume", "refuses the answer of the host");
        if (to_outcome(run, &step) != 0 || judge(run, checks, "after_host") != 0)
            return -1;
    }
    if (recorded(run, "transmit") != JSON_NONE || recorded(run, "store") != JSON_NONE)
        return wrong(run, "the tap", "fewer steps than were recorded");
    return 0;
}

static int run_case(struct run *run)
{
    const struct json *json = run->json;
    const size_t taps = json_key(json, 0, "taps");
    const uint64_t image = json_number(json, json_key(json, 0, "image"), IMAGES_MAX);
    const struct tapk_env env = {.size = sizeof env,
                                 .crypto = &crypto,
                                 .trace_ring = decisions,
                                 .trace_capacity = sizeof decisions / sizeof decisions[0]};
    if (image >= IMAGES_MAX || images[image].data == NULL)
        return wrong(run, "the file", "an image that is not there");
    run->ctx = said_exactly(NULL, tapk_ctx_size());
    if (tapk_init(run->ctx, tapk_ctx_size(), &env, images[image].data, images[image].len) != 0)
        return wrong(run, "tapk_init", "refuses the configuration");
    run->now_ms = json_number(json, json_key(json, 0, "now_ms"), 1000);
    for (size_t tap = json_first(json, taps); tap < json_end(json, taps); tap = json_end(json, tap))
        if (run_tap(run, tap) != 0)
            return -1;
    return 0;
}

static int take_image(const struct json *json)
{
    const uint64_t number = json_number(json, json_key(json, 0, "image"), IMAGES_MAX);
    const size_t bytes = json_key(json, 0, "bytes");
    if (bytes == JSON_NONE || number >= IMAGES_MAX || images[number].data != NULL)
        return -1;
    images[number].data = said_exactly(NULL, json->node[bytes].len / 2);
    images[number].len = json_hex(json, bytes, images[number].data, json->node[bytes].len / 2);
    return images[number].len == JSON_NONE ? -1 : 0;
}

static struct {
    size_t announced, cases, passed;
} count;

/* 0, or -1 when the line is none of the file. */
static int take_line(struct json *json, const char *only)
{
    static struct run run;
    const size_t id = json_key(json, 0, "case");
    const size_t cases = json_key(json, 0, "cases");
    if (cases != JSON_NONE) {
        count.announced = (size_t)json_number(json, cases, 0);
        return json_is(json, json_key(json, 0, "format"), "tapkern-recorded/1") ? 0 : -1;
    }
    if (id == JSON_NONE)
        return take_image(json);
    if (only != NULL && !json_is(json, id, only))
        return 0;
    memset(&run, 0, sizeof run);
    run.json = json;
    count.cases++;
    if (run_case(&run) == 0)
        count.passed++;
    else
        printf("FAILED %.*s: %s\n", (int)json->node[id].len, json->node[id].text, run.why);
    free(run.ctx);
    return 0;
}

int main(int argc, char **argv)
{
    struct json json = {NULL, 0, 0};
    char *text = argc > 1 ? json_file(argv[1]) : NULL;
    if (text == NULL) {
        fprintf(stderr, "replay CASES.jsonl [CASE-ID]: there is no such file\n");
        return 2;
    }
    tapk_soft_crypto(&crypto);
    if (tapk_crypto_check(&crypto) != 0)
        return 2;
    said_begin(&crypto);
    size_t line = 1;
    for (char *at = text, *end; *at != '\0'; at = end + (*end == '\n'), line++) {
        end = at + strcspn(at, "\n");
        if (json_read(&json, at, (size_t)(end - at)) != 0 ||
            take_line(&json, argc > 2 ? argv[2] : NULL) != 0) {
            fprintf(stderr, "%s:%zu: this is no line of recorded cases\n", argv[1], line);
            return 2;
        }
    }
    json_free(&json);
    free(text);
    for (size_t i = 0; i < IMAGES_MAX; i++)
        free(images[i].data);
    said_print();
    const int whole_file = argc > 2 || count.cases == count.announced;
    printf("%zu cases, %zu passed, %zu failed, %zu checks, %zu not judged here%s\n", count.cases,
           count.passed, count.cases - count.passed, judged, not_judged,
           whole_file ? "" : ", the file is not whole");
    return count.cases == 0 || count.passed != count.cases || !whole_file;
}

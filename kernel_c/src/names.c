/* SPDX-License-Identifier: Apache-2.0
 *
 * Stable names of numbers. A device that shows none of them does not link this file.
 */
#include "context.h"

struct named {
    uint16_t number;
    const char *text;
};

static const struct named errors[] = {
    {1, "argument"}, {2, "size"}, {3, "state"}, {4, "event"}, {5, "config"}};

static const struct named steps[] = {
    {1, "DETECT"},  {2, "TRANSMIT"}, {3, "SHOW"}, {4, "FIELD_OFF"}, {5, "LOOKUP"}, {6, "STORE"},
    {7, "OUTCOME"}, {8, "CHOOSE"},   {9, "PIN"},  {10, "RECORDS"},  {11, "MAC"}};

static const struct named events[] = {{1, "CARD"},    {2, "COLLISION"}, {3, "TIMEOUT"},
                                      {4, "CANCEL"},  {5, "ANSWER"},    {6, "LOST"},
                                      {7, "DONE"},    {8, "FOUND"},     {9, "NOT_FOUND"},
                                      {10, "FAILED"}, {11, "HOST"},     {12, "UNSUPPORTED"}};

static const struct named statuses[] = {{TAPK_APPROVED, "approved"},
                                        {TAPK_DECLINED, "declined"},
                                        {TAPK_ONLINE_REQUEST, "online_request"},
                                        {TAPK_END_APPLICATION, "end_application"},
                                        {TAPK_SELECT_NEXT, "select_next"},
                                        {TAPK_TRY_ANOTHER_INTERFACE, "try_another_interface"},
                                        {TAPK_TRY_AGAIN, "try_again"}};

static const struct named cvms[] = {{TAPK_CVM_NONE, "no_cvm"},
                                    {TAPK_CVM_SIGNATURE, "signature"},
                                    {TAPK_CVM_ONLINE_PIN, "online_pin"},
                                    {TAPK_CVM_CDCVM, "cdcvm"},
                                    {TAPK_CVM_NA, "n_a"}};

#define TAPK_RULE(name, number, text) {(number), (text)},
static const struct named rules[] = {
#include "../rules.def"
};
#undef TAPK_RULE

#define TAPK_STATE(number, name, step, events, followers) {(number), #name},
static const struct named state_names[] = {
#include "../states.def"
};
#undef TAPK_STATE

#define TAPK_SWITCH(number, name, text, most, jrt, uics, c7, fixed) {(number), (text)},
static const struct named switch_names[] = {
#include "../switches.def"
};
#undef TAPK_SWITCH

#define TAPK_REASON(number, name, en, zh) {(number), #name},
static const struct named reasons[] = {
#include "../reasons.def"
};
#undef TAPK_REASON
#define TAPK_REASON(number, name, en, zh) {(number), (en)},
static const struct named reasons_en[] = {
#include "../reasons.def"
};
#undef TAPK_REASON
#define TAPK_REASON(number, name, en, zh) {(number), (zh)},
static const struct named reasons_zh[] = {
#include "../reasons.def"
};
#undef TAPK_REASON

#define TAPK_FAULT(number, name, en, zh) {(number), #name},
static const struct named faults[] = {
#include "../faults.def"
};
#undef TAPK_FAULT
#define TAPK_FAULT(number, name, en, zh) {(number), (en)},
static const struct named faults_en[] = {
#include "../faults.def"
};
#undef TAPK_FAULT
#define TAPK_FAULT(number, name, en, zh) {(number), (zh)},
static const struct named faults_zh[] = {
#include "../faults.def"
};
#undef TAPK_FAULT

struct space {
    const struct named *names;
    size_t count;
};

#define SPACE(list) \
    { \
        (list), sizeof(list) / sizeof(list)[0] \
    }
static const struct space spaces[] = {
    {NULL, 0},          SPACE(errors),       SPACE(steps),      SPACE(events),     SPACE(statuses),
    SPACE(cvms),        SPACE(reasons),      SPACE(reasons_en), SPACE(reasons_zh), SPACE(rules),
    SPACE(state_names), SPACE(switch_names), SPACE(faults),     SPACE(faults_en),  SPACE(faults_zh),
};

const char *tapk_name(uint8_t space, uint16_t number)
{
    if (space >= sizeof spaces / sizeof spaces[0])
        return "";
    for (size_t i = 0; i < spaces[space].count; i++)
        if (spaces[space].names[i].number == number)
            return spaces[space].names[i].text;
    return "";
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * The context cut down to what the store and the AFL walker touch, in place of src/context.h and
 * src/flow/flow.h: the sources are the same, the solver has 10,000 bytes less to carry. Members
 * have the types of src/context.h. ARENA and ITEMS are the bounds.
 */
#ifndef TAPK_SMALL_CONTEXT_H
#define TAPK_SMALL_CONTEXT_H
#define TAPK_CONTEXT_H
#define TAPK_FLOW_H

#include "data/format.h"
#include "data/tags.h"
#include "data/tlv.h"
#include "mark.h"
#include "proof.h"

#define TAPK_MAX_ITEMS ITEMS

struct tapk_item {
    uint16_t tag;
    uint16_t offset;
    uint16_t length;
    uint8_t origin;
    uint8_t pad;
};

struct tapk_piece {
    uint16_t offset;
    uint16_t length;
};

struct tapk_tap {
    uint8_t psn_in_record;
    uint8_t record_psn;
    uint16_t fault_rule;
    struct tapk_piece afl;
    uint16_t entry;
    uint8_t record;
    uint8_t to_authenticate;
};

struct tapk_ctx {
    uint8_t items;
    uint16_t arena_used;
    struct tapk_tap tap;
    struct tapk_trace trace;
    struct tapk_item item[ITEMS];
    uint8_t arena[ARENA];
};

enum tapk_capture {
    TAPK_CAPTURE_OK = 0,
    TAPK_CAPTURE_BAD = 1,
    TAPK_CAPTURE_DUPLICATE = 2,
    TAPK_CAPTURE_FULL = 3,
    TAPK_CAPTURE_VALUE = 4
};

struct tapk_afl_at {
    uint8_t sfi;
    uint8_t record;
    uint8_t authenticate;
    uint8_t last;
};

#define RULE_ID(id) ((uint16_t)TAPK_RULE_##id)
#define SWITCH(ctx, name) ((void)(ctx), nondet_int() ? 1 : 0)
#define TAPK_TAG_IN(list, tag) tapk_tag_in((list), sizeof(list) / sizeof(list)[0], (tag))
int tapk_tag_in(const uint16_t *list, size_t count, uint32_t tag);

#endif

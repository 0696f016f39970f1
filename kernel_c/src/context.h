/* SPDX-License-Identifier: Apache-2.0
 *
 * The context: everything one tap knows. It holds no pointer into itself; card bytes stay where
 * they came in, the tag store is an index over them.
 */
#ifndef TAPK_CONTEXT_H
#define TAPK_CONTEXT_H

#include "config/config_internal.h"
#include "data/dol.h"
#include "data/tags.h"
#include "mark.h"
#include "tapkern/tapkern.h"

#define TAPK_MAX_ITEMS 96u /* known data elements of one presentment */
#define TAPK_MAX_CANDIDATES 32u
#define TAPK_MAX_STATIC 32u   /* records under static data authentication */
#define TAPK_COMMAND_MAX 261u /* 5 + 255 + Le */

enum tapk_state {
#define TAPK_STATE(number, name, step, events, followers) TAPK_STATE_##name = (number),
#include "../states.def"
#undef TAPK_STATE
    TAPK_STATE_COUNT
};

/* Pre-processing indicators of a combination (20-entry-point.md section 1.3). */
struct tapk_indicators {
    uint8_t ttq[4]; /* ttq_copy */
    uint8_t not_allowed;
    uint8_t has_ttq;
};

/* One known data element: where its value lies in the arena. */
struct tapk_item {
    uint16_t tag;
    uint16_t offset;
    uint16_t length;
    uint8_t origin; /* enum tapk_origin */
    uint8_t pad;
};

struct tapk_piece {
    uint16_t offset;
    uint16_t length;
};

/* An entry of the candidate list (EP-056); the names are pieces of the arena. */
struct tapk_candidate {
    struct tapk_piece name;     /* ADF name */
    struct tapk_piece extended; /* 9F29 */
    uint8_t combination;
    uint8_t aid_length; /* of the matching terminal AID (EP-057) */
    uint8_t priority;   /* 1 to 15, 16 none */
    uint8_t position;
    uint8_t removed;
    uint8_t kernel[3]; /* requested kernel identifier; 0 any */
};

/* Elements the terminal owns for this transaction; the table in value.c names their tags. */
struct tapk_values {
    uint8_t amount[6];
    uint8_t other[6];
    uint8_t amount_binary[4];
    uint8_t other_binary[4];
    uint8_t type;
    uint8_t currency[2];
    uint8_t exponent;
    uint8_t date[3];
    uint8_t time[3];
    uint8_t sequence[4];
    uint8_t un[4];
    uint8_t ttq[4];
    uint8_t tvr[5];
    uint8_t tsi[2];
    uint8_t capp;       /* DF60 */
    uint8_t sm_support; /* DF69 */
    uint8_t ec_support; /* 9F7A */
    uint8_t cvm_results[3];
    uint8_t arc[2];  /* 8A; 0000: none */
    uint8_t cid;     /* formed 9F27 */
    uint8_t aid[16]; /* 9F06: the ADF name selected (EP-071) */
    uint8_t aid_length;
    uint8_t dynamic[8]; /* 9F4C */
    uint8_t dynamic_length;
};

/* Type of the cryptogram, as CID b8b7. */
enum tapk_ac {
    TAPK_AAC = 0x00,
    TAPK_TC = 0x40,
    TAPK_ARQC = 0x80,
    TAPK_AC_RFU = 0xC0,
    TAPK_AC_NONE = 1
};

/* Facts about the running tap that chapters hand to each other. Cleared at every Start B. */
struct tapk_tap {
    uint8_t combination; /* index; valid after the final selection */
    uint8_t candidate;
    uint8_t gpo_sent;
    uint8_t cryptogram;   /* enum tapk_ac */
    uint8_t directory_ff; /* FF is padding in the directory */
    uint8_t no_kernel;    /* EP-072 */
    uint8_t tc_named;     /* 9F27 or 9F10 says TC, whichever of them counts */
    uint8_t online_oda;   /* QP-172 */
    uint8_t ctq_present;
    uint8_t ctq[2];
    uint8_t df61;
    uint8_t records_bad;   /* ODA-021 */
    uint8_t psn_in_record; /* a record told 5F34, this first one (TT-012) */
    uint8_t record_psn;
    uint8_t last_sent;      /* the command for the last record was sent */
    uint8_t kept;           /* a record lies with the caller (STORE) */
    uint8_t pending_online; /* QP-174 */
    uint16_t pending_reason;
    uint16_t pending_rule;
    uint8_t cvm;
    uint8_t oda;
    uint16_t oda_rule;
    uint8_t pan_known;
    uint8_t pan[10];
    uint8_t lookup_done;
    uint8_t ahead;       /* enum tapk_ahead: what tapk_work does next */
    uint16_t fault_rule; /* the rule by which tapk_capture refused */
    uint16_t data_tag;   /* of the GET DATA that was sent last */
    /* card information (flow/card_info.c) */
    uint8_t blocked;      /* SELECT was answered 6283 (LG-004) */
    uint8_t object;       /* objects asked for so far */
    uint8_t log;          /* the log that is read: 0 transactions, 1 loads */
    uint8_t log_record;   /* records of it asked for so far */
    uint8_t log_end[2];   /* enum tapk_log_end, 0 while it is read */
    uint8_t second_purse; /* the balance is that of DF79 (TR-006) */
    /* AFL walk */
    struct tapk_piece gpo; /* the GPO response without SW */
    struct tapk_piece afl;
    uint16_t entry;          /* offset of the entry in the AFL */
    uint8_t record;          /* record number */
    uint8_t to_authenticate; /* records of this entry still under ODA */
    uint8_t static_count;
    struct tapk_piece statics[TAPK_MAX_STATIC];
};

enum tapk_recovery_stage {
    TAPK_RECOVERY_LOOKING = 1,  /* for the same card */
    TAPK_RECOVERY_PAID = 2,     /* it has paid; its last record is read */
    TAPK_RECOVERY_DROPPING = 3, /* it has not; what was kept is dropped */
    TAPK_RECOVERY_OVER = 4      /* undecided */
};

/* A torn tap that is to be brought to its end; ctx->record has what was kept of it. */
struct tapk_recovery {
    uint64_t since_ms;
    uint8_t stage; /* enum tapk_recovery_stage; 0: there is none */
    uint8_t retaps;
};

struct tapk_ctx {
    uint32_t magic;
    uint32_t size;
    struct tapk_env env;
    struct tapk_image image;
    struct tapk_span terminal;                      /* body of the terminal entry */
    uint32_t combination_at[TAPK_MAX_COMBINATIONS]; /* offset of the body in the image */
    uint16_t combination_length[TAPK_MAX_COMBINATIONS];
    uint32_t switches_at[TAPK_MAX_COMBINATIONS]; /* offset of the switch values in the image */
    uint8_t switches_length[TAPK_MAX_COMBINATIONS];
    uint8_t combinations;
    uint8_t state;
    uint8_t passes;   /* presentments so far */
    uint8_t restart;  /* EP-001 */
    uint8_t commands; /* C-APDUs of this presentment */
    uint8_t followed; /* status words 61xx and 6Cxx followed since the last command of the flow */
    uint8_t candidates;
    uint8_t items;
    uint8_t ended; /* tapk_end was called; outcome processing comes next */
    uint16_t arena_used;
    uint16_t arena_ppse; /* the arena up to here belongs to the directory */
    uint16_t command_length;
    uint16_t hold_100ms;
    const struct tapk_kernel *kernel;
    uint64_t now_ms;
    uint8_t random[8];
    struct tapk_transaction transaction;
    struct tapk_values values;
    struct tapk_tap tap;
    struct tapk_outcome outcome;
    struct tapk_ui ui;         /* of the current SHOW */
    struct tapk_ui restart_ui; /* OUT-007 */
    struct tapk_recovery recovery;
    struct tapk_trace trace;
    struct tapk_indicators indicators[TAPK_MAX_COMBINATIONS];
    struct tapk_candidate candidate[TAPK_MAX_CANDIDATES];
    struct tapk_item item[TAPK_MAX_ITEMS];
    uint8_t command[TAPK_COMMAND_MAX];
    uint8_t record[TAPK_RECORD_SIZE];
    uint8_t arena[TAPK_ARENA];
};

/* ---- store.c: the arena and the tag index ---- */

enum tapk_capture {
    TAPK_CAPTURE_OK = 0,
    TAPK_CAPTURE_BAD = 1,       /* malformed template: TLV-009, TLV-015 */
    TAPK_CAPTURE_DUPLICATE = 2, /* TLV-021 */
    TAPK_CAPTURE_FULL = 3,
    TAPK_CAPTURE_VALUE = 4 /* an impossible value: TLV-027, TLV-029, TLV-030, TLV-034 */
};

/* Keeps an answer: its piece of the arena, or length 0 with *full = 1. */
struct tapk_piece tapk_keep(struct tapk_ctx *ctx, const uint8_t *data, size_t len, int *full);
struct tapk_span tapk_piece_span(const struct tapk_ctx *ctx, struct tapk_piece piece);
/* Forgets all elements and the arena beyond mark. */
void tapk_forget(struct tapk_ctx *ctx, uint16_t mark);
/* Indexes the children of a template that lies in the arena: enum tapk_capture. */
int tapk_capture(struct tapk_ctx *ctx, struct tapk_span value, uint8_t origin);
/* Adds one element of the arena to the index: 0, or 1 when the index is full. */
int tapk_store_add(struct tapk_ctx *ctx, uint16_t tag, struct tapk_span value, uint8_t origin);
/* Value of a card element; n = 0 when the card did not give it. */
struct tapk_span tapk_card(const struct tapk_ctx *ctx, uint16_t tag);
struct tapk_span tapk_card_from(const struct tapk_ctx *ctx, uint16_t tag, uint8_t origin);
/* 1 when kernel 7 skips FF padding (TLV-014). */
int tapk_skip_ff(const struct tapk_ctx *ctx);

/* ---- value.c: every element by tag, terminal first (DOL-015) ---- */

int tapk_value(const struct tapk_ctx *ctx, uint32_t tag, struct tapk_span *value, uint8_t *origin);
/* Fills a DOL: 0, 1 malformed or longer than capacity, 2 the amount does not fit 81 (FMT-002). */
int tapk_dol_fill(const struct tapk_ctx *ctx, struct tapk_span dol, uint8_t *out, size_t capacity,
                  size_t *used);

/* 1 when the tag stands in a list of tags. */
int tapk_tag_in(const uint16_t *list, size_t count, uint32_t tag);
#define TAPK_TAG_IN(list, tag) tapk_tag_in((list), sizeof(list) / sizeof(list)[0], (tag))

/* ---- configuration of the selected combination ---- */

struct tapk_span tapk_combination(const struct tapk_ctx *ctx, uint8_t index);
uint8_t tapk_switch_value(const struct tapk_ctx *ctx, uint16_t number);

/* An answer taken apart. */
struct tapk_answer {
    struct tapk_span data;
    uint16_t sw;
};

/* ---- tap.c ---- */

int tapk_context_ok(const struct tapk_ctx *ctx);

/* Enters a state; what its step needs is in ctx->command, ctx->ui, ctx->hold_100ms or ctx->tap. */
void tapk_enter(struct tapk_ctx *ctx, uint8_t state);
/* Enters a state that shows a message. */
void tapk_show(struct tapk_ctx *ctx, uint8_t state, uint8_t message, uint8_t status);
/* Enters a state that transmits a case 2 command, or a case 4 command with data[len]. */
void tapk_transmit(struct tapk_ctx *ctx, uint8_t state, uint8_t cla, uint8_t ins, uint8_t p1,
                   uint8_t p2, const uint8_t *data, size_t len);

/* ---- the chapters; each ends in tapk_enter, tapk_show or tapk_end ---- */

int tapk_preprocess(struct tapk_ctx *ctx);   /* entry/preprocess.c; 1: none is allowed */
int tapk_ttq_fixed(struct tapk_ctx *ctx);    /* 1: Start B may be called by the reader (EP-004) */
void tapk_activate(struct tapk_ctx *ctx);    /* entry/activate.c: Start B */
void tapk_select_ppse(struct tapk_ctx *ctx); /* entry/directory.c */
void tapk_on_ppse(struct tapk_ctx *ctx, struct tapk_answer answer);
void tapk_select_next(struct tapk_ctx *ctx); /* entry/select.c: Start C */
/* 1 when a switch has this value in every usable combination: what happens before one of them is
 * selected goes by it. */
int tapk_all_usable(struct tapk_ctx *ctx, uint16_t number, uint8_t value);
#define tapk_selects_p12(ctx) \
    tapk_all_usable((ctx), TAPK_SW_EP_SELECTION, TAPK_SELECTION_P12) /* 20 section 9 */
void tapk_on_select(struct tapk_ctx *ctx, struct tapk_answer answer);
void tapk_remove_candidate(struct tapk_ctx *ctx);
void tapk_balance_start(struct tapk_ctx *ctx); /* flow/balance.c */
void tapk_on_balance(struct tapk_ctx *ctx, struct tapk_answer answer);
void tapk_card_info_start(struct tapk_ctx *ctx); /* flow/card_info.c */
void tapk_on_card_info(struct tapk_ctx *ctx, struct tapk_answer answer);

/* flow/recovery.c. A record was given to begin: 1 when its tap can be recovered, 0 ended. */
int tapk_recovery_taken(struct tapk_ctx *ctx);
/* A card came: 1 within the window, 0 ended (TT-016). */
int tapk_recovery_in_time(struct tapk_ctx *ctx);
/* 1 when an application may be selected: in a recovery the one of the torn tap (TT-011). */
int tapk_recovery_wants(const struct tapk_ctx *ctx, struct tapk_span name);
void tapk_recovery_select(struct tapk_ctx *ctx); /* in place of the start of the kernel */
void tapk_on_recovery(struct tapk_ctx *ctx, struct tapk_answer answer);
void tapk_recovery_dropped(struct tapk_ctx *ctx, uint16_t event);
/* TT-015: not this card, or not long enough. TT-016, TT-019: no proof, so no approval. */
void tapk_same_card_again(struct tapk_ctx *ctx);
void tapk_undecided(struct tapk_ctx *ctx, uint16_t rule);

/* entry/outcome.c: fills the outcome of this pass (OUT-020...OUT-028); processing follows when the
 * running chapter returns. */
void tapk_end(struct tapk_ctx *ctx, uint8_t status, uint16_t reason, uint16_t rule);
/* "Terminate" of OUT-013. */
void tapk_terminate(struct tapk_ctx *ctx, uint16_t reason, uint16_t rule);
/* What is left to do after an outcome, from this stage on (OUT-001...OUT-005). */
enum tapk_stage { TAPK_STAGE_DROP, TAPK_STAGE_SHOW, TAPK_STAGE_FIELD, TAPK_STAGE_NEXT };
void tapk_after_outcome(struct tapk_ctx *ctx, enum tapk_stage stage);

#define RULE_ID(id) ((uint16_t)TAPK_RULE_##id)
#define REASON(name) ((uint16_t)TAPK_REASON_##name)
enum tapk_selection { TAPK_SELECTION_EP = 0, TAPK_SELECTION_P12 = 1 }; /* ep.selection */
#define SWITCH(ctx, name) tapk_switch_value((ctx), TAPK_SW_##name)

#endif

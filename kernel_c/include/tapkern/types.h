/* SPDX-License-Identifier: Apache-2.0
 *
 * The vocabulary of the kernel: steps the kernel asks for, events the caller brings, results.
 * Numbers are only ever appended. Results of functions: 0 fine, negative misuse of the API,
 * positive a verdict.
 */
#ifndef TAPKERN_TYPES_H
#define TAPKERN_TYPES_H

#include <stddef.h>
#include <stdint.h>

/* Misuse of the API: a mistake of the program around the kernel. The state is unchanged. */
enum tapk_error {
    TAPK_OK = 0,
    TAPK_E_ARGUMENT = -1, /* a null pointer or an impossible value */
    TAPK_E_SIZE = -2,     /* memory too small, or a struct of another version */
    TAPK_E_STATE = -3,    /* the call does not fit the state of the context */
    TAPK_E_EVENT = -4,    /* this step does not take this event */
    TAPK_E_CONFIG = -5    /* the configuration image is not one that tapk_config_seal made */
};

/* What the kernel asks the caller to do. */
enum tapk_step_kind {
    TAPK_STEP_DETECT = 1,    /* field on, wait for a card: CARD COLLISION TIMEOUT CANCEL */
    TAPK_STEP_TRANSMIT = 2,  /* send data as a C-APDU: ANSWER LOST TIMEOUT CANCEL */
    TAPK_STEP_SHOW = 3,      /* start the UI request ui, return at once: DONE */
    TAPK_STEP_FIELD_OFF = 4, /* field off for hold x 100 ms: DONE */
    TAPK_STEP_LOOKUP = 5,  /* search data = PAN (10, cn) and PSN (1, FF unknown): FOUND NOT_FOUND */
    TAPK_STEP_STORE = 6,   /* keep data durably, or drop what was kept (no data): DONE FAILED */
    TAPK_STEP_OUTCOME = 7, /* read tapk_outcome; Online Request takes one HOST event */
    TAPK_STEP_CHOOSE = 8,  /* reserved: application selection by the cardholder */
    TAPK_STEP_PIN = 9,     /* reserved: the PED sends VERIFY */
    TAPK_STEP_RECORDS = 10, /* reserved: amount and record updates */
    TAPK_STEP_MAC = 11      /* reserved: SAM */
};

/* What the caller brings. Every step also takes UNSUPPORTED: the kernel then refuses. */
enum tapk_event_kind {
    TAPK_EVENT_CARD = 1,      /* one card is in the field and activated */
    TAPK_EVENT_COLLISION = 2, /* more than one card */
    TAPK_EVENT_TIMEOUT = 3,
    TAPK_EVENT_CANCEL = 4,
    TAPK_EVENT_ANSWER = 5, /* data = R-APDU with SW1 SW2, 2 to 258 bytes */
    TAPK_EVENT_LOST = 6,   /* communication error: the card may have acted (TT-005) */
    TAPK_EVENT_DONE = 7,
    TAPK_EVENT_FOUND = 8,
    TAPK_EVENT_NOT_FOUND = 9,
    TAPK_EVENT_FAILED = 10,
    TAPK_EVENT_HOST = 11, /* data = response code (2, ASCII); none = host not reached */
    TAPK_EVENT_UNSUPPORTED = 12
};

/* Outcome of a tap, external coding of file 20 section 7.1. */
enum tapk_status {
    TAPK_APPROVED = 0x10,
    TAPK_DECLINED = 0x20,
    TAPK_ONLINE_REQUEST = 0x30,
    TAPK_END_APPLICATION = 0x40,
    TAPK_SELECT_NEXT = 0x50,
    TAPK_TRY_ANOTHER_INTERFACE = 0x60,
    TAPK_TRY_AGAIN = 0x70
};

enum tapk_start {
    TAPK_START_A = 0x00,
    TAPK_START_B = 0x10,
    TAPK_START_C = 0x20,
    TAPK_START_D = 0x30,
    TAPK_START_NA = 0xF0
};

enum tapk_cvm {
    TAPK_CVM_NONE = 0x00,
    TAPK_CVM_SIGNATURE = 0x10,
    TAPK_CVM_ONLINE_PIN = 0x20,
    TAPK_CVM_CDCVM = 0x30,
    TAPK_CVM_NA = 0xF0
};

enum tapk_interface {
    TAPK_INTERFACE_CONTACT_CHIP = 0x10,
    TAPK_INTERFACE_MAG_STRIPE = 0x20,
    TAPK_INTERFACE_NA = 0xF0
};

/* Offline data authentication has three results (ODA-085). Only SUCCESSFUL may approve. */
enum tapk_oda_status { TAPK_ODA_NOT_PERFORMED = 0, TAPK_ODA_FAILED = 1, TAPK_ODA_SUCCESSFUL = 2 };

/* Message identifiers of a UI request (file 20 section 7.2). */
enum tapk_message {
    TAPK_MSG_APPROVED = 0x03,
    TAPK_MSG_NOT_AUTHORISED = 0x07,
    TAPK_MSG_ENTER_PIN = 0x09,
    TAPK_MSG_PROCESSING_ERROR = 0x0F,
    TAPK_MSG_REMOVE_CARD = 0x10,
    TAPK_MSG_WELCOME = 0x14,
    TAPK_MSG_PRESENT_CARD = 0x15,
    TAPK_MSG_PROCESSING = 0x16,
    TAPK_MSG_CARD_READ_OK = 0x17,
    TAPK_MSG_INSERT_OR_SWIPE = 0x18,
    TAPK_MSG_ONE_CARD_ONLY = 0x19,
    TAPK_MSG_APPROVED_SIGN = 0x1A,
    TAPK_MSG_AUTHORISING = 0x1B,
    TAPK_MSG_TRY_ANOTHER_CARD = 0x1C,
    TAPK_MSG_INSERT_CARD = 0x1D,
    TAPK_MSG_CLEAR = 0x1E,
    TAPK_MSG_SEE_PHONE = 0x20,
    TAPK_MSG_PRESENT_AGAIN = 0x21,
    TAPK_MSG_NA = 0xFF
};

enum tapk_ui_status {
    TAPK_UI_NOT_READY = 0x00,
    TAPK_UI_IDLE = 0x01,
    TAPK_UI_READY_TO_READ = 0x02,
    TAPK_UI_PROCESSING = 0x03,
    TAPK_UI_CARD_READ = 0x04,
    TAPK_UI_ERROR = 0x05
};

enum tapk_qualifier { TAPK_VALUE_NONE = 0x00, TAPK_VALUE_AMOUNT = 0x10, TAPK_VALUE_BALANCE = 0x20 };

/* A user interface request. */
struct tapk_ui {
    uint8_t message;      /* enum tapk_message */
    uint8_t status;       /* enum tapk_ui_status */
    uint8_t hold_100ms;   /* minimum display time */
    uint8_t qualifier;    /* enum tapk_qualifier: what value means */
    uint8_t value[6];     /* n12 */
    uint8_t currency[2];  /* n3 */
    uint8_t language[8];  /* 5F2D of the card */
    uint8_t language_len; /* 0 when the card gave none */
    uint8_t pad[3];
};

/* What a transaction is for. */
enum tapk_purpose {
    TAPK_PAYMENT = 0,
    TAPK_BALANCE = 1,  /* QP-151: PPSE, SELECT, GET DATA; nothing is paid */
    TAPK_CARD_INFO = 2 /* the same for balances, limits and both logs: TAPK_LIST_CARD_INFO */
};

/* What the POS gives for one transaction. Amounts are minor units, at most 999999999999. */
struct tapk_transaction {
    uint32_t size;       /* sizeof(struct tapk_transaction) */
    uint8_t purpose;     /* enum tapk_purpose */
    uint8_t type;        /* 9C */
    uint8_t start;       /* TAPK_START_A; TAPK_START_B by ep.start_b_fixed alone (EP-004) */
    uint8_t exponent;    /* 5F36, 0 to 9 */
    uint64_t amount;     /* 9F02 */
    uint64_t other;      /* 9F03 */
    uint8_t currency[2]; /* 5F2A, n3: 0156 */
    uint8_t date[3];     /* 9A, YYMMDD */
    uint8_t time[3];     /* 9F21, HHMMSS */
    uint8_t sequence[4]; /* 9F41, n8 */
    uint8_t pad[4];
    const uint8_t *torn; /* a record that STORE kept, TAPK_RECORD_SIZE bytes: its tap, of the same
                            amount, is brought to its end (TT-010...TT-020). Null: a new tap */
};

/* An event. Nothing else brings time or chance into the kernel. */
struct tapk_event {
    uint32_t size; /* sizeof(struct tapk_event) */
    uint16_t kind; /* enum tapk_event_kind */
    uint16_t len;  /* bytes at data */
    const uint8_t *data;
    uint64_t now_ms;   /* monotonic milliseconds */
    uint8_t random[8]; /* fresh from an unpredictable source at every event */
};

/* A step. data points into the context and stays valid until the next call. */
struct tapk_step {
    uint32_t size; /* sizeof(struct tapk_step) */
    uint16_t kind; /* enum tapk_step_kind */
    uint16_t len;  /* bytes at data */
    const uint8_t *data;
    struct tapk_ui ui;   /* SHOW */
    uint16_t hold_100ms; /* FIELD_OFF: how long; DETECT: wait no longer, 0 as the caller likes */
    uint8_t pad[6];
};

/* Outcome parameter set (file 20 section 7.1) with the reason and the rule that decided. */
struct tapk_outcome {
    uint32_t size;              /* sizeof(struct tapk_outcome) */
    uint16_t reason;            /* enum tapk_reason, reasons.def */
    uint16_t rule;              /* number in rules.def of the rule that decided; 0 none */
    uint8_t status;             /* enum tapk_status */
    uint8_t start;              /* enum tapk_start */
    uint8_t online_response;    /* F0 N/A */
    uint8_t cvm;                /* enum tapk_cvm */
    uint8_t alternate;          /* enum tapk_interface */
    uint8_t receipt;            /* 1 yes, 0 N/A */
    uint8_t field_off;          /* x 100 ms, FF N/A */
    uint8_t removal_timeout;    /* x 100 ms, 0 none */
    uint8_t ui_on_outcome;      /* 1: ui is present */
    uint8_t ui_on_restart;      /* 1: restart_ui is present */
    uint8_t data_record;        /* 1: tapk_fetch gives the data record */
    uint8_t discretionary;      /* 1: discretionary data are present */
    uint8_t oda;                /* enum tapk_oda_status */
    uint8_t may_defer;          /* QP-125/QP-130: open now, authorise later is allowed */
    uint8_t card_may_have_paid; /* TT-005/TT-006: keep the record for a refund */
    uint8_t commands;           /* C-APDUs sent in the last presentment */
    uint8_t balance_known;      /* 1: balance is valid */
    uint8_t balance_is_before;  /* 1: before the transaction (ARQC, balance inquiry), 0: after */
    uint16_t oda_rule;          /* the rule by which authentication failed; 0 none */
    uint64_t balance;           /* minor units (QP-150) */
    struct tapk_ui ui;
    struct tapk_ui restart_ui;
};

/* Where a data element came from. */
enum tapk_origin {
    TAPK_FROM_TRANSACTION = 1,
    TAPK_FROM_CONFIGURATION = 2,
    TAPK_FROM_CARD_PPSE = 3,
    TAPK_FROM_CARD_FCI = 4,
    TAPK_FROM_CARD_GPO = 5,
    TAPK_FROM_CARD_RECORD = 6,
    TAPK_FROM_CARD_COMMAND = 7, /* newest command response: GET DATA, GENERATE AC */
    TAPK_FROM_KERNEL = 8,       /* computed: 9F34, 9F4C, a formed 9F27 */
    TAPK_FROM_HOST = 9
};

/* Uses of tapk_fetch. */
enum tapk_list {
    TAPK_LIST_ONLINE = 1,      /* field 55 of the online request */
    TAPK_LIST_OFFLINE = 2,     /* field 55 of the offline upload */
    TAPK_LIST_DATA_RECORD = 3, /* QP-140 */
    TAPK_LIST_DISCRETIONARY = 4,
    TAPK_LIST_REVERSAL = 5, /* field 55 of the reversal of an online request */
    TAPK_LIST_CARD_INFO = 6 /* what TAPK_CARD_INFO has read: 9F06, elements of the FCI, the objects
                               of GET DATA, and the private tags below */
};

/* Private tags of TAPK_LIST_CARD_INFO. A record stands as the card gave it, without a template;
 * the newest comes first (LG-003). Its layout is 9F4F or DF4F (LG-002, LG-005). */
#define TAPK_TAG_LOG_RECORD 0xDF8F40u  /* transaction log */
#define TAPK_TAG_LOAD_RECORD 0xDF8F41u /* load log */
#define TAPK_TAG_LOG_END 0xDF8F42u     /* 1: enum tapk_log_end of the transaction log */
#define TAPK_TAG_LOAD_END 0xDF8F43u    /* 1: the same of the load log */
#define TAPK_TAG_BLOCKED 0xDF8F44u     /* 1: 01, the application is blocked (LG-004) */

/* Why no more records of a log were read. */
enum tapk_log_end {
    TAPK_LOG_NONE = 1,    /* the application names no such log */
    TAPK_LOG_NO_FILE = 2, /* what it names is no log file: SFI 11 to 30 (LG-001) */
    TAPK_LOG_ALL = 3,     /* as many as the application says */
    TAPK_LOG_LAST = 4,    /* the card has no more: 6A83 (LG-003) */
    TAPK_LOG_REFUSED = 5, /* any other status word */
    TAPK_LOG_MORE = 6,    /* 30 records, and the card says there are more */
    TAPK_LOG_FULL = 7     /* the arena holds no more */
};

/* A read-only piece of memory. */
struct tapk_span {
    const uint8_t *p;
    size_t n;
};

#endif

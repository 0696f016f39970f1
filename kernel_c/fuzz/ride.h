/* SPDX-License-Identifier: Apache-2.0
 *
 * One ride through an input: the terminal, the transactions and what happens to each step, with
 * the rules that hold at every step. What the kernel said goes into a log, so that rides over the
 * same input can be compared.
 */
#ifndef FUZZ_RIDE_H
#define FUZZ_RIDE_H

#include "input.h"
#include "terminal.h"

#define RIDE_LOG 65536u
#define RIDE_RING 1024u
#define RIDE_RECORDS 64u

/* A record that the card gave in this presentment. */
struct ride_record {
    uint8_t sfi, number;
    uint16_t len;
    uint8_t data[256];
};

struct ride {
    const uint8_t *input;
    size_t size, at;
    const struct terminal *terminal;
    struct tapk_memo *memo; /* null: none */
    int work;               /* tapk_work while an answer is awaited */
    int wipe;               /* tapk_wipe after every tap, and look at what is left */
    uint64_t *memory;       /* of the context */
    /* the running tap */
    int running;
    struct tapk_transaction transaction;
    uint8_t random[8];
    uint64_t now_ms;
    struct tapk_step step;
    unsigned steps, commands;
    uint8_t command[261]; /* the last one that names its data: not GET RESPONSE */
    size_t command_len;
    /* what the rules know about it, from what was said on the wire */
    uint8_t fixed[16]; /* elements of the terminal as begin left them */
    uint8_t un[4], ttq[4];
    int gpo_sent, host_said_yes, host_asked;
    int recovering; /* a torn tap has not been brought to its end */
    int tc_named;   /* the answer to GPO names a TC */
    int last_sent;  /* the last record was asked for after that: money may have moved */
    int kept;       /* a record lies in the store */
    uint8_t stored[TAPK_RECORD_SIZE];
    uint8_t pending[TAPK_RECORD_SIZE]; /* what the running STORE step is about */
    int pending_keeps, pending_after_answer, drop_failed;
    int ever_kept;  /* a record was kept or brought, and was not found to be unpaid */
    int same_count; /* in a recovery: the card told the ATC of the torn tap */
    int has_paid;   /* and the balance that it has when it has paid */
    struct ride_record record[RIDE_RECORDS];
    size_t records;
    /* what was said */
    uint8_t log[RIDE_LOG];
    size_t logged;
    uint64_t overflow; /* hash of what found no room in it */
    unsigned taps;
    struct tapk_trace_event ring[RIDE_RING];
};

/* Begins a ride in memory[TAPK_CTX_SIZE]: 1, or 0 when the terminal is none. */
int ride_start(struct ride *ride, uint64_t *memory, const struct terminal *terminal,
               const uint8_t *input, size_t size);
/* Goes on by one call of the kernel: 1, or 0 at the end. */
int ride_go(struct ride *ride);
/* 1 when two rides were told the same. */
int ride_same(const struct ride *one, const struct ride *other);

#endif

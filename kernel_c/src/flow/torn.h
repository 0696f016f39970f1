/* SPDX-License-Identifier: Apache-2.0
 *
 * The record of a torn tap, in ctx->record: big-endian, numbers in BCD as they are on the wire.
 */
#ifndef TAPK_TORN_H
#define TAPK_TORN_H

#include "tapkern/tapkern.h"

/* Offsets; behind "TT" and the version. */
enum tapk_torn {
    TORN_UN = 3,
    TORN_AMOUNT = 7,
    TORN_OTHER = 13,
    TORN_CURRENCY = 19,
    TORN_TYPE = 21,
    TORN_DATE = 22,
    TORN_TIME = 25,
    TORN_SEQUENCE = 28,
    TORN_TTQ = 32,
    TORN_CAPP = 36,
    TORN_SM = 37,
    TORN_EC = 38,
    TORN_ATC = 39,
    TORN_PAN = 41,    /* 10, cn; FF: unknown */
    TORN_PSN = 51,    /* FF: the card gave none */
    TORN_SOURCE = 52, /* the balance is that of 9F5D (5D) or 9F79 (79); 00: unknown */
    TORN_AFTER = 53,  /* 6, the balance once the card has paid */
    TORN_AID_LENGTH = 59,
    TORN_AID = 60,
    TORN_GPO_LENGTH = 76,
    TORN_GPO = 78
};

/* 1 when the record is whole and all in it is possible. */
int tapk_torn_sound(const uint8_t r[TAPK_RECORD_SIZE]);
/* 1 when its tap was at most so many seconds before this date (YYMMDD) and time (HHMMSS). */
int tapk_torn_fresh(const uint8_t r[TAPK_RECORD_SIZE], const uint8_t date[3], const uint8_t time[3],
                    uint32_t seconds);

#endif

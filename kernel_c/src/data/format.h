/* SPDX-License-Identifier: Apache-2.0
 *
 * Data formats: BCD numbers, dates, PAN digits.
 */
#ifndef TAPK_FORMAT_H
#define TAPK_FORMAT_H

#include "tapkern/types.h"

/* Packed BCD of value in out[n], leading zeros: 0, or 1 when it does not fit. */
int tapk_bcd_put(uint8_t *out, size_t n, uint64_t value);

/* Number of packed BCD in[n], n <= 9: 0, or 1 when a nibble is no digit. */
int tapk_bcd_get(const uint8_t *in, size_t n, uint64_t *value);

/* 1 when in[n] is an n3 of two bytes, as a currency is (FMT-005). */
int tapk_n3_valid(const uint8_t *in, size_t n);

/* Unsigned big-endian number of in[n], n <= 8. */
uint64_t tapk_be_get(const uint8_t *in, size_t n);

/* Digit i of packed digits, the high nibble of in[0] first. */
unsigned tapk_nibble(const uint8_t *in, size_t i);

/* 1 when YYMMDD is a real calendar date (TLV-029); years 50-99 are 1950-1999. */
int tapk_date_valid(const uint8_t date[3]);

/* YYYYMMDD of a valid date, for comparing. */
uint32_t tapk_date_key(const uint8_t date[3]);

/* 1 when HHMMSS is a time. */
int tapk_time_valid(const uint8_t time[3]);

/* PAN of 5A in[n] as 10 bytes cn: 0, or 1 when it is not digits and F padding (TLV-030). */
int tapk_pan_of_5a(const uint8_t *in, size_t n, uint8_t pan[10]);

/* PAN of track 2 in[n]: 0, or 1 when D is missing, late or the digits are none (TLV-030). */
int tapk_pan_of_57(const uint8_t *in, size_t n, uint8_t pan[10]);

#endif

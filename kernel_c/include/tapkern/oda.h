/* SPDX-License-Identifier: Apache-2.0
 *
 * Offline data authentication by itself: usable without the step machine. Digest files 50 (RSA), 60
 * (SM2) and 30 section 10 (fDDA versions).
 */
#ifndef TAPKERN_ODA_H
#define TAPKERN_ODA_H

#include "tapkern/crypto.h"
#include "tapkern/trace.h"
#include "tapkern/types.h"

#define TAPK_RSA_MAX 248       /* bytes of a modulus on a card or of a CA (CK-004, ODA-084) */
#define TAPK_STATIC_MAX 4096   /* bytes of static data in all (ODA-082) */
#define TAPK_STATIC_RECORDS 32 /* records with at least one byte of static data (ODA-082) */

enum tapk_oda_method {
    TAPK_ODA_FDDA = 1,
    TAPK_ODA_SDA = 2,
    TAPK_ODA_DDA = 3,
    TAPK_ODA_CDA = 4,  /* first GENERATE AC; with cdol2_data the second */
    TAPK_ODA_CHAIN = 5 /* the certificates alone */
};

enum tapk_key_algorithm { TAPK_KEY_RSA = 1, TAPK_KEY_SM2 = 4 };

/* A CA public key as it stands in the configuration or in a data set. */
struct tapk_ca_key {
    uint32_t size; /* sizeof(struct tapk_ca_key) */
    uint8_t rid[5];
    uint8_t index;     /* 9F22 */
    uint8_t algorithm; /* enum tapk_key_algorithm; decides the routine (ODA-071) */
    uint8_t expiry[4]; /* YYYYMMDD, BCD; all zero: none */
    uint8_t pad;
    struct tapk_span modulus; /* or the SM2 point */
    struct tapk_span exponent;
};

/* A revoked issuer certificate (CK-020). */
struct tapk_revoked {
    uint8_t rid[5];
    uint8_t index;
    uint8_t serial[3];
};

/* Finds keys and revocations; the kernel's own looks into the configuration image. */
struct tapk_key_store {
    const void *user;
    /* 0 and *key filled, or 1: no such key. */
    int (*find)(const void *user, const uint8_t rid[5], uint8_t index, struct tapk_ca_key *key);
    /* 1 when revoked, else 0. */
    int (*revoked)(const void *user, const struct tapk_revoked *certificate);
};

/* Switches of a combination that authentication reads. */
struct tapk_oda_options {
    uint8_t allow_v00;      /* fd.allow_v00 */
    uint8_t v01_needs_0030; /* fd.v01_needs_0030 */
    uint8_t check_ctq;      /* fd.check_ctq */
    uint8_t check_atc;      /* fd.check_atc */
    uint8_t idn_strict;     /* fda.idn_strict */
    uint8_t ignore_expiry;  /* ck.ignore_expiry */
    uint8_t pad[2];
};

/* Everything one authentication needs. A span with n = 0 is an absent element (TLV-020). */
struct tapk_oda_input {
    uint32_t size;  /* sizeof(struct tapk_oda_input) */
    uint8_t method; /* enum tapk_oda_method */
    uint8_t rid[5];
    uint8_t date[3]; /* 9A as sent, YYMMDD */
    uint8_t pad[3];
    struct tapk_oda_options options;
    struct tapk_span ca_index;     /* 8F */
    struct tapk_span issuer_cert;  /* 90 */
    struct tapk_span issuer_rest;  /* 92 */
    struct tapk_span issuer_exp;   /* 9F32 */
    struct tapk_span icc_cert;     /* 9F46 */
    struct tapk_span icc_exp;      /* 9F47 */
    struct tapk_span icc_rest;     /* 9F48 */
    struct tapk_span sda_tags;     /* 9F4A */
    struct tapk_span signature;    /* 9F4B */
    struct tapk_span card_data;    /* 9F69 */
    struct tapk_span card_version; /* 9F08 */
    struct tapk_span ctq;          /* 9F6C */
    struct tapk_span aip;          /* 82 */
    struct tapk_span atc;          /* 9F36 */
    struct tapk_span pan;          /* 10 bytes, cn, F padded (QP-084) */
    struct tapk_span pdol;         /* 9F38, for FDA-006; its 9F37, 9F02, 5F2A lengths */
    struct tapk_span ssad;         /* 93, SDA */
    struct tapk_span ddol_data;    /* the bytes sent in INTERNAL AUTHENTICATE, DDA */
    struct tapk_span pdol_data;    /* the bytes sent in GPO and GENERATE AC, CDA (DOL-018) */
    struct tapk_span cdol1_data;
    struct tapk_span cdol2_data;
    struct tapk_span response;       /* the TLV objects of the GENERATE AC answer, CDA */
    struct tapk_memo *memo;          /* recoveries done before; may be null */
    struct tapk_oda_report *report;  /* what was recovered, for people; may be null */
    const struct tapk_span *records; /* static data, in reading order (ODA-020) */
    size_t record_count;
    uint8_t records_bad; /* 1: an ODA record was not one template 70 (ODA-021) */
    uint8_t un[4];       /* 9F37, 9F02, 5F2A, 9F66 as sent in GPO (FDA-002) */
    uint8_t amount[6];
    uint8_t currency[2];
    uint8_t ttq[4];
    uint8_t capp; /* 1: extended transaction, 9F69 byte 8 is compared with df61 (FD-011) */
    uint8_t df61;
};

/* Recoveries done before, in memory of the caller: a public operation and its result. It saves the
 * operation and nothing else; every check on its result runs at every tap. Set it to zeros to
 * begin; it may serve several contexts of one thread. A card certificate holds the card number:
 * tapk_wipe overwrites those, issuers' stay. */
#define TAPK_MEMO_SLOTS 8u
struct tapk_memo_slot {
    uint16_t n; /* bytes of each of the three; 0 empty */
    uint8_t exponent_len;
    uint8_t exponent[3];
    uint8_t modulus[TAPK_RSA_MAX]; /* or the SM2 point, 64 */
    uint8_t in[TAPK_RSA_MAX];      /* or e and the signature, 96 */
    uint8_t out[TAPK_RSA_MAX];     /* unused for SM2: the signature is valid */
};
struct tapk_memo {
    struct tapk_memo_slot slot[TAPK_MEMO_SLOTS];
};

/* What the steps recovered, as bytes; a length of 0 means the step was not reached. */
struct tapk_oda_report {
    uint32_t size; /* sizeof(struct tapk_oda_report) */
    uint16_t issuer_len;
    uint16_t icc_len;
    uint16_t signed_len;
    uint8_t algorithm; /* enum tapk_key_algorithm of the CA key; 0: none was found */
    uint8_t pad;
    uint8_t issuer[TAPK_RSA_MAX];          /* RSA: recovered from 90; SM2: 90 itself */
    uint8_t icc[TAPK_RSA_MAX];             /* 9F46 */
    uint8_t signed_data[TAPK_RSA_MAX + 8]; /* 93 or 9F4B */
};

struct tapk_oda_result {
    uint32_t size;              /* sizeof(struct tapk_oda_result) */
    uint16_t rule;              /* the rule that failed, 0 when successful */
    uint8_t status;             /* enum tapk_oda_status */
    uint8_t version;            /* fDDA version */
    uint8_t dynamic_number[8];  /* 9F4C */
    uint8_t dynamic_number_len; /* 0 when none */
    uint8_t has_code;           /* 1: dac is valid (SDA) */
    uint8_t dac[2];             /* 9F45 */
    uint8_t cid;                /* CDA: CID of the signed data */
    uint8_t has_cryptogram;     /* 1: cid and cryptogram are valid (CDA) */
    uint8_t cryptogram[8];      /* 9F26 of the signed data (CDA-006) */
    uint8_t pad[2];
};

/* Verifies one data set. Needs: the spans of its method; adds: status, rule, 9F45, 9F4C, 9F26. The
 * algorithm of the CA key chooses between RSA and SM2 (ODA-071, SM-002). trace may be null.
 * Implements FD-001...FD-013, FDA-001...FDA-007, ODA-020...ODA-085, SDA-001, SDA-002, DDA-001...
 * DDA-005, CDA-002...CDA-006, CK-005, CK-008, CK-020, CK-021, SM-002, SM-003, SM-010...SM-012,
 * SM-040...SM-074.
 * Returns 0 (read result->status) or a negative misuse; everything a card can say is a result. */
int tapk_oda(const struct tapk_crypto *crypto, const struct tapk_key_store *keys,
             const struct tapk_oda_input *in, struct tapk_oda_result *result,
             struct tapk_trace *trace);

#endif

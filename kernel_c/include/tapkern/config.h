/* SPDX-License-Identifier: Apache-2.0
 *
 * The sealed configuration: one flat, big-endian, read-only image, read in place (flash). Its
 * SHA-256 is the configuration digest. Built here, byte for byte the same from every language.
 */
#ifndef TAPKERN_CONFIG_H
#define TAPKERN_CONFIG_H

#include "tapkern/crypto.h"
#include "tapkern/types.h"

#define TAPK_MAX_COMBINATIONS 32
#define TAPK_CONFIG_MAX 1048576 /* bytes of an image */

/* Kinds of entry. An entry is a list of BER-TLV objects; docs/configuration.md has the table. */
enum tapk_entry {
    TAPK_ENTRY_TERMINAL = 1,    /* 9F1A 5F2A 5F36 9F33 9F35 9F40 9F1E ... exactly one */
    TAPK_ENTRY_COMBINATION = 2, /* 9F06 96 9F66 9F1B DF19 DF20 DF21 9F7B DF01 9F09 DF8Fxx */
    TAPK_ENTRY_CA_KEY = 3,      /* 9F06 9F22 DF05 DF06 DF07 DF02 DF04 DF03, SM2: DF35...DF39 */
    TAPK_ENTRY_REVOKED = 4,     /* 9F06 9F22 DF8F31 */
    TAPK_ENTRY_EXCEPTION = 5    /* 5A [5F34] */
};

/* Private tags of an entry. */
#define TAPK_TAG_PROFILE 0xDF8F01u      /* 1: enum tapk_profile */
#define TAPK_TAG_SWITCHES 0xDF8F02u     /* pairs: switch number, value (switches.def) */
#define TAPK_TAG_TYPES 0xDF8F03u        /* list of 9C values; absent: 00 */
#define TAPK_TAG_STATUS_CHECK 0xDF8F04u /* 1: 00 or 01 */
#define TAPK_TAG_ZERO_AMOUNT 0xDF8F05u  /* 1: 00 not allowed, 01 allowed; absent: allowed */
#define TAPK_TAG_EXTENDED 0xDF8F06u     /* 1: extended selection support */
#define TAPK_TAG_RECEIPT 0xDF8F07u      /* 1: receipt wanted for an approval without signature */
#define TAPK_TAG_SM 0xDF8F08u /* 1: 00 never offers SM2 (DF69), absent: offers it when it can */
#define TAPK_TAG_TTQ_ODA 0xDF8F09u /* 4: 9F66 for a card with ODA for online (DF61 b7 = 1) */
#define TAPK_TAG_TTQ_OLD 0xDF8F0Au /* 4: 9F66 for a card without it */
#define TAPK_TAG_PASSES 0xDF8F20u  /* 1: automatic Try Again passes (TT-007), 0 to 9; absent 3 */
#define TAPK_TAG_LOOKUP 0xDF8F21u  /* 1: 01 asks LOOKUP for the exception file too */
#define TAPK_TAG_MORE_ONLINE 0xDF8F22u   /* tags behind those of TAPK_LIST_ONLINE, 1 to 96 bytes */
#define TAPK_TAG_MORE_OFFLINE 0xDF8F23u  /* the same of TAPK_LIST_OFFLINE */
#define TAPK_TAG_MORE_RECORD 0xDF8F24u   /* of TAPK_LIST_DATA_RECORD */
#define TAPK_TAG_MORE_REVERSAL 0xDF8F25u /* of TAPK_LIST_REVERSAL */
#define TAPK_TAG_RETAP_TIME 0xDF8F26u  /* 2: seconds to present a torn card again, n3; absent 10 */
#define TAPK_TAG_TORN_TIME 0xDF8F27u   /* 2: seconds a kept record can be used, n3; absent 60 */
#define TAPK_TAG_SERIAL 0xDF8F31u      /* 3: serial number of a revoked issuer certificate */
#define TAPK_TAG_NO_CHECKSUM 0xDF8F32u /* 1: 01 accepts this key without DF03 (CK-009) */

enum tapk_profile { TAPK_PROFILE_JRT_2013 = 1, TAPK_PROFILE_UICS_2018 = 2, TAPK_PROFILE_C7 = 3 };

#define TAPK_SWITCH(number, name, text, most, jrt, uics, c7, fixed) TAPK_SW_##name = (number),
enum tapk_switch {
#include "../../switches.def"
    TAPK_SW_LAST
};
#undef TAPK_SWITCH

/* Why an entry or a configuration is refused: positive verdicts of the functions below. */
#define TAPK_FAULT(number, name, en, zh) TAPK_FAULT_##name = (number),
enum tapk_fault_code {
    TAPK_FAULT_NONE = 0,
#include "../../faults.def"
    TAPK_FAULT_LAST
};
#undef TAPK_FAULT

struct tapk_fault {
    uint32_t size;   /* sizeof(struct tapk_fault) */
    uint32_t tag;    /* the object at fault, 0 when it is the entry as a whole */
    uint16_t entry;  /* 0-based number of the entry, in the order of tapk_config_add */
    uint16_t code;   /* enum tapk_fault_code */
    uint16_t rule;   /* rules.def, 0 when none */
    uint16_t detail; /* switch number for switch faults */
};

struct tapk_config_builder {
    uint32_t size; /* sizeof(struct tapk_config_builder) */
    uint32_t capacity;
    uint32_t length;
    uint16_t entries;
    uint16_t sealed;
    uint8_t *memory;
    struct tapk_crypto crypto; /* for key check sums */
};

/* Starts an image in memory[capacity]. crypto: a checked table with SHA-1 (CK-002). */
int tapk_config_begin(struct tapk_config_builder *builder, uint8_t *memory, size_t capacity,
                      const struct tapk_crypto *crypto);

/* Adds one entry; values are checked and written in canonical order. Returns 0, a negative misuse
 * (TAPK_E_SIZE: the image is full), or a fault code with *fault filled; then nothing was added. */
int tapk_config_add(struct tapk_config_builder *builder, uint8_t kind, const uint8_t *tlv,
                    size_t len, struct tapk_fault *fault);

/* Checks the whole and closes the image; *len is its length. After a fault it stays open. */
int tapk_config_seal(struct tapk_config_builder *builder, size_t *len, struct tapk_fault *fault);

/* 0 when image[len] is a sealed image of this version, else TAPK_E_CONFIG. */
int tapk_config_open(const uint8_t *image, size_t len);

/* SHA-256 of the image: the configuration digest. Needs a checked table with SHA-256. */
int tapk_config_digest(const struct tapk_crypto *crypto, const uint8_t *image, size_t len,
                       uint8_t out[32]);

#endif

# SPDX-License-Identifier: Apache-2.0
"""A literal mirror of kernel_c/include/tapkern/*.h, of the TLV index (src/data/tlv.h) and of the
PAN forms (src/data/format.h).

Nothing here that is not in the headers; enums stay in Python (tapkern._numbers).
"""

from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t


cdef extern from "tapkern/types.h" nogil:
    enum: TAPK_OK
    enum: TAPK_E_ARGUMENT
    enum: TAPK_E_SIZE
    enum: TAPK_E_STATE
    enum: TAPK_E_EVENT
    enum: TAPK_E_CONFIG
    enum: TAPK_STEP_OUTCOME
    enum: TAPK_RECORD_SIZE

    struct tapk_ui:
        uint8_t message
        uint8_t status
        uint8_t hold_100ms
        uint8_t qualifier
        uint8_t value[6]
        uint8_t currency[2]
        uint8_t language[8]
        uint8_t language_len

    struct tapk_transaction:
        uint32_t size
        uint8_t purpose
        uint8_t type
        uint8_t start
        uint8_t exponent
        uint64_t amount
        uint64_t other
        uint8_t currency[2]
        uint8_t date[3]
        uint8_t time[3]
        uint8_t sequence[4]
        const uint8_t *torn

    struct tapk_event:
        uint32_t size
        uint16_t kind
        uint16_t len
        const uint8_t *data
        uint64_t now_ms
        uint8_t random[8]

    struct tapk_step:
        uint32_t size
        uint16_t kind
        uint16_t len
        const uint8_t *data
        tapk_ui ui
        uint16_t hold_100ms

    struct tapk_outcome:
        uint32_t size
        uint16_t reason
        uint16_t rule
        uint8_t status
        uint8_t start
        uint8_t online_response
        uint8_t cvm
        uint8_t alternate
        uint8_t receipt
        uint8_t field_off
        uint8_t removal_timeout
        uint8_t ui_on_outcome
        uint8_t ui_on_restart
        uint8_t data_record
        uint8_t discretionary
        uint8_t oda
        uint8_t may_defer
        uint8_t card_may_have_paid
        uint8_t commands
        uint8_t balance_known
        uint8_t balance_is_before
        uint16_t oda_rule
        uint64_t balance
        tapk_ui ui
        tapk_ui restart_ui

    struct tapk_span:
        const uint8_t *p
        size_t n


cdef extern from "tapkern/trace.h" nogil:
    struct tapk_trace_event:
        uint16_t rule
        uint8_t kind
        uint8_t truth
        uint32_t value

    struct tapk_trace:
        tapk_trace_event *ring
        uint32_t capacity
        uint32_t count
        uint32_t lost
        uint16_t force_rule
        uint16_t force


cdef extern from "tapkern/crypto.h" nogil:
    enum: TAPK_SLOT_RSA
    enum: TAPK_SLOT_SM3

    struct tapk_crypto:
        uint32_t size
        uint32_t checked
        void *user
        int (*rsa)(void *user, uint8_t *out, const uint8_t *data, const uint8_t *modulus, size_t n,
                   const uint8_t *exponent, size_t exponent_len)
        int (*sm3)(void *user, const tapk_span *data, size_t count, uint8_t *out)

    void tapk_soft_crypto(tapk_crypto *table)
    int tapk_crypto_check(tapk_crypto *table)
    int tapk_crypto_has(const tapk_crypto *table, uint32_t slots)
    int tapk_sm2_on_curve(const uint8_t point[64])
    int tapk_sm2_verify(const tapk_crypto *crypto, const uint8_t point[64], tapk_span message,
                        const uint8_t signature[64])


cdef extern from "tapkern/oda.h" nogil:
    enum: TAPK_RSA_MAX

    struct tapk_ca_key:
        uint32_t size
        uint8_t rid[5]
        uint8_t index
        uint8_t algorithm
        uint8_t expiry[4]
        tapk_span modulus
        tapk_span exponent

    struct tapk_revoked:
        uint8_t rid[5]
        uint8_t index
        uint8_t serial[3]

    struct tapk_key_store:
        const void *user
        int (*find)(const void *user, const uint8_t *rid, uint8_t index,
                    tapk_ca_key *key) noexcept
        int (*revoked)(const void *user, const tapk_revoked *certificate) noexcept

    struct tapk_oda_options:
        uint8_t allow_v00
        uint8_t v01_needs_0030
        uint8_t check_ctq
        uint8_t check_atc
        uint8_t idn_strict
        uint8_t ignore_expiry

    struct tapk_oda_report:
        uint32_t size
        uint16_t issuer_len
        uint16_t icc_len
        uint16_t signed_len
        uint8_t algorithm
        uint8_t issuer[TAPK_RSA_MAX]
        uint8_t icc[TAPK_RSA_MAX]
        uint8_t signed_data[TAPK_RSA_MAX + 8]

    struct tapk_oda_input:
        uint32_t size
        uint8_t method
        uint8_t rid[5]
        uint8_t date[3]
        tapk_oda_options options
        tapk_span ca_index
        tapk_span issuer_cert
        tapk_span issuer_rest
        tapk_span issuer_exp
        tapk_span icc_cert
        tapk_span icc_exp
        tapk_span icc_rest
        tapk_span sda_tags
        tapk_span signature
        tapk_span card_data
        tapk_span card_version
        tapk_span ctq
        tapk_span aip
        tapk_span atc
        tapk_span pan
        tapk_span pdol
        tapk_span ssad
        tapk_span ddol_data
        tapk_span pdol_data
        tapk_span cdol1_data
        tapk_span cdol2_data
        tapk_span response
        tapk_oda_report *report
        const tapk_span *records
        size_t record_count
        uint8_t records_bad
        uint8_t un[4]
        uint8_t amount[6]
        uint8_t currency[2]
        uint8_t ttq[4]
        uint8_t capp
        uint8_t df61

    struct tapk_oda_result:
        uint32_t size
        uint16_t rule
        uint8_t status
        uint8_t version
        uint8_t dynamic_number[8]
        uint8_t dynamic_number_len
        uint8_t has_code
        uint8_t dac[2]
        uint8_t cid
        uint8_t has_cryptogram
        uint8_t cryptogram[8]

    int tapk_oda(const tapk_crypto *crypto, const tapk_key_store *keys,
                 const tapk_oda_input *input, tapk_oda_result *result, tapk_trace *trace)


cdef extern from "tapkern/config.h" nogil:
    enum: TAPK_CONFIG_MAX

    struct tapk_fault:
        uint32_t size
        uint32_t tag
        uint16_t entry
        uint16_t code
        uint16_t rule
        uint16_t detail

    struct tapk_config_builder:
        uint32_t size
        uint32_t capacity
        uint32_t length
        uint16_t entries
        uint16_t sealed

    int tapk_config_begin(tapk_config_builder *builder, uint8_t *memory, size_t capacity,
                          const tapk_crypto *crypto)
    int tapk_config_add(tapk_config_builder *builder, uint8_t kind, const uint8_t *tlv,
                        size_t len, tapk_fault *fault)
    int tapk_config_seal(tapk_config_builder *builder, size_t *len, tapk_fault *fault)
    int tapk_config_open(const uint8_t *image, size_t len)
    int tapk_config_digest(const tapk_crypto *crypto, const uint8_t *image, size_t len,
                           uint8_t out[32])


cdef extern from "tapkern/tapkern.h" nogil:
    struct tapk_ctx:
        pass

    struct tapk_memo:
        pass

    struct tapk_env:
        uint32_t size
        uint32_t trace_capacity
        const tapk_crypto *crypto
        size_t kernel_count
        tapk_trace_event *trace_ring
        tapk_memo *memo

    size_t tapk_ctx_size()
    int tapk_init(void *memory, size_t size, const tapk_env *env, const uint8_t *image,
                  size_t image_len)
    int tapk_begin(tapk_ctx *ctx, const tapk_transaction *transaction, const tapk_event *event,
                   tapk_step *step)
    int tapk_resume(tapk_ctx *ctx, const tapk_event *event, tapk_step *step)
    int tapk_outcome_of "tapk_outcome"(const tapk_ctx *ctx, tapk_outcome *outcome)
    int tapk_get(const tapk_ctx *ctx, uint32_t tag, tapk_span *value, uint8_t *origin)
    int tapk_fetch(const tapk_ctx *ctx, uint8_t list, uint8_t *out, size_t capacity, size_t *len)
    const tapk_trace *tapk_trace_of(const tapk_ctx *ctx)
    int tapk_test_force(tapk_ctx *ctx, uint16_t rule, uint16_t force)
    int tapk_wipe(tapk_ctx *ctx)
    const char *tapk_name(uint8_t space, uint16_t number)
    const char *tapk_version()
    const char *tapk_digest()


cdef extern from "../src/data/tlv.h" nogil:
    struct tapk_tlv_node:
        uint32_t tag
        uint16_t offset
        uint16_t length
        uint8_t depth
        uint8_t header

    int tapk_tlv_index(const uint8_t *data, size_t len, int skip_ff, tapk_tlv_node *nodes,
                       size_t capacity, size_t *count, size_t *error_offset)


cdef extern from "../src/data/format.h" nogil:
    int tapk_pan_of_5a(const uint8_t *data, size_t n, uint8_t pan[10])
    int tapk_pan_of_57(const uint8_t *data, size_t n, uint8_t pan[10])

# SPDX-License-Identifier: Apache-2.0
# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False
# cython: binding=False
"""The binding of the C kernel: bytes in, bytes out, no decision of its own.

Misuse (a negative result) raises KernelError and leaves the state as it was; verdicts are values.
No typed memoryviews and no macros over object internals, so that the same source builds in the
ordinary and in the limited API. Numbers of the calls that repeat come in as Py_ssize_t, which both
take without a detour.
"""

cimport cython
from cpython.mem cimport PyMem_Calloc, PyMem_Free
from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memcmp, memcpy, memset

from tapkern.errors import ConfigFault, KernelError, TlvError


cdef extern from *:
    """
    /* The switch table of the kernel, compiled in a second time for people who ask about it. */
    struct tapk_py_switch { int number; const char *name; int most; int values[3]; int fixed; };
    #define TAPK_SWITCH(number, name, text, most, jrt, uics, c7, fixed) \
        {(number), text, (most), {(jrt), (uics), (c7)}, (fixed)},
    static const struct tapk_py_switch tapk_py_switches[] = {
    #include "../switches.def"
    };
    #undef TAPK_SWITCH
    #define TAPK_PY_SWITCHES (sizeof tapk_py_switches / sizeof tapk_py_switches[0])
    """
    struct tapk_py_switch:
        int number
        const char *name
        int most
        int values[3]
        int fixed
    const tapk_py_switch *tapk_py_switches
    size_t TAPK_PY_SWITCHES


# Numbers of enum tapk_space, needed before any Python enum exists.
cdef enum:
    SPACE_ERROR = 1
    SPACE_RULE = 9
    SPACE_FAULT = 12
    SPACE_FAULT_EN = 13
    NODES = 48            # objects that a Message indexes without an allocation
    LIST_BYTES = 4096     # first buffer of a fetched list

# Written once below, before anything can read it.
cdef tapk_crypto SOFT
tapk_soft_crypto(&SOFT)
if tapk_crypto_check(&SOFT) != 0:
    raise ImportError("the known-answer self-test of the crypto provider failed; rebuild tapkern")

cdef dict WORDS = {
    TAPK_E_ARGUMENT: "a value that the kernel cannot take",
    TAPK_E_SIZE: "a size that does not fit",
    TAPK_E_STATE: "a call that does not fit the state of the kernel",
    TAPK_E_EVENT: "this step does not take this event",
    TAPK_E_CONFIG: "not a sealed configuration image of this version",
}


cdef str text(const char *value):
    return (<bytes>value).decode("utf-8")


cdef object misuse(int code, str where):
    return KernelError(code, text(tapk_name(SPACE_ERROR, <uint16_t>-code)),
                       WORDS.get(code, f"error {code}"), where)


cdef bytes as_bytes(data):
    """The bytes of any object with a buffer; refuses integers and text."""
    if type(data) is bytes:
        return <bytes>data
    return memoryview(data).tobytes()


cdef int fixed(const uint8_t *source, Py_ssize_t have, uint8_t *out, Py_ssize_t want,
               str what) except -1:
    if have != want:
        raise KernelError(TAPK_E_SIZE, text(tapk_name(SPACE_ERROR, <uint16_t>-TAPK_E_SIZE)),
                          f"{what} must be {want} bytes, not {have}")
    memcpy(out, source, want)
    return 0


cdef int fill_event(tapk_event *event, Py_ssize_t kind, bytes data, Py_ssize_t now_ms,
                    bytes random8) except -1:
    """Makes an event; data stays owned by the caller for the time of the call."""
    if now_ms < 0:
        raise misuse(TAPK_E_ARGUMENT, "now_ms")
    event.size = sizeof(tapk_event)
    event.kind = <uint16_t>kind
    event.now_ms = <uint64_t>now_ms
    event.len = 0
    event.data = NULL
    if data is not None:
        if len(data) > 0xFFFF:
            raise misuse(TAPK_E_SIZE, "event data")
        event.data = data
        event.len = <uint16_t>len(data)
    if kind < 0 or kind > 0xFFFF:
        raise misuse(TAPK_E_EVENT, f"event {kind}")
    return fixed(random8, len(random8), event.random, 8, "random8")


cdef tuple ui_tuple(const tapk_ui *ui):
    cdef size_t n = ui.language_len if ui.language_len <= 8 else 8
    return (ui.message, ui.status, ui.hold_100ms, ui.qualifier, ui.value[:6], ui.currency[:2],
            ui.language[:n])


@cython.final
cdef class Memo:
    """Recoveries of certificates done before, for all kernels of one terminal and one thread.

    It saves the operation alone; every check on its result runs at every tap.
    """

    cdef tapk_memo *memo

    def __cinit__(self):
        self.memo = <tapk_memo *>PyMem_Calloc(1, sizeof(tapk_memo))
        if self.memo == NULL:
            raise MemoryError()

    def __dealloc__(self):
        if self.memo != NULL:
            memset(self.memo, 0, sizeof(tapk_memo))  # a card certificate holds the card number
        PyMem_Free(self.memo)


@cython.final
@cython.no_gc  # the memo has to be there when a kernel is wiped at its end
cdef class Kernel:
    """One context of the kernel over one sealed configuration image.

    A context serves one transaction at a time; several contexts run side by side. trace is the
    number of rule events kept.
    """

    cdef tapk_env env
    cdef tapk_step step
    cdef tapk_ctx *ctx
    cdef readonly bytes image
    cdef Memo memo

    def __cinit__(self, image, uint32_t trace=512, Memo memo=None):
        cdef int result
        cdef const uint8_t *start
        self.image = as_bytes(image)
        if trace > 1000000:
            raise misuse(TAPK_E_SIZE, "trace")
        self.ctx = <tapk_ctx *>PyMem_Calloc(1, tapk_ctx_size())
        if self.ctx == NULL:
            raise MemoryError()
        memset(&self.env, 0, sizeof(tapk_env))
        self.env.size = sizeof(tapk_env)
        self.env.crypto = &SOFT
        self.memo = memo
        if memo is not None:
            self.env.memo = memo.memo
        if trace > 0:
            self.env.trace_ring = <tapk_trace_event *>PyMem_Calloc(trace, sizeof(tapk_trace_event))
            if self.env.trace_ring == NULL:
                raise MemoryError()
        self.env.trace_capacity = trace
        start = self.image
        result = tapk_init(self.ctx, tapk_ctx_size(), &self.env, start, len(self.image))
        if result < 0:
            raise misuse(result, "configuration")
        self.step.size = sizeof(tapk_step)
        self.step.kind = 0

    def __dealloc__(self):
        if self.ctx != NULL:
            # The context holds card data; they shall not stay in freed memory.
            if self.step.size != 0:
                tapk_wipe(self.ctx)
            PyMem_Free(self.ctx)
        PyMem_Free(self.env.trace_ring)

    def begin(self, *, uint8_t purpose, uint8_t type, uint8_t start, uint8_t exponent,
              uint64_t amount, uint64_t other, bytes currency not None, bytes date not None,
              bytes time not None, bytes sequence not None, Py_ssize_t now_ms,
              bytes random8 not None, bytes torn=None):
        """Starts a transaction and returns the kind of the first step.

        Amounts are minor units; currency 2, date 3, time 3, sequence 4 bytes of BCD. torn is a
        record that STORE kept, None for a new tap.
        """
        cdef tapk_transaction t
        cdef tapk_event event
        cdef int result
        memset(&t, 0, sizeof(t))
        t.size = sizeof(t)
        t.purpose = purpose
        t.type = type
        t.start = start
        t.exponent = exponent
        t.amount = amount
        t.other = other
        fixed(currency, len(currency), t.currency, 2, "currency")
        fixed(date, len(date), t.date, 3, "date")
        fixed(time, len(time), t.time, 3, "time")
        fixed(sequence, len(sequence), t.sequence, 4, "sequence")
        if torn is not None:
            if len(torn) != TAPK_RECORD_SIZE:
                raise misuse(TAPK_E_SIZE, "torn")
            t.torn = torn
        fill_event(&event, 0, None, now_ms, random8)
        result = tapk_begin(self.ctx, &t, &event, &self.step)
        if result < 0:
            raise misuse(result, "begin")
        return self.step.kind

    def resume(self, Py_ssize_t event, bytes data, Py_ssize_t now_ms, bytes random8 not None):
        """Brings the answer to the last step and returns the kind of the next one."""
        cdef tapk_event e
        cdef int result
        fill_event(&e, event, data, now_ms, random8)
        result = tapk_resume(self.ctx, &e, &self.step)
        if result < 0:
            raise misuse(result, f"event {event}")
        return self.step.kind

    @property
    def kind(self):
        """Kind of the last step, 0 before the first."""
        return self.step.kind

    @property
    def data(self):
        """Bytes of the last step: C-APDU, lookup key, record to keep."""
        if self.step.data == NULL:
            return b""
        return self.step.data[:self.step.len]

    @property
    def ui(self):
        """(message, status, hold x 100 ms, qualifier, value, currency, language) of SHOW."""
        return ui_tuple(&self.step.ui)

    @property
    def hold(self):
        """Units of 100 ms: of FIELD_OFF, or the longest wait of DETECT (0: none is set)."""
        return self.step.hold_100ms

    def outcome(self):
        """The outcome parameter set as a tuple, in the order of struct tapk_outcome.

        ui and restart_ui are None when absent, balance is None when unknown.
        """
        cdef tapk_outcome o
        cdef int result
        memset(&o, 0, sizeof(o))
        o.size = sizeof(o)
        result = tapk_outcome_of(self.ctx, &o)
        if result < 0:
            raise misuse(result, "outcome")
        return (o.reason, o.rule, o.status, o.start, o.online_response, o.cvm, o.alternate,
                o.receipt, o.field_off, o.removal_timeout, o.data_record, o.discretionary, o.oda,
                o.may_defer, o.card_may_have_paid, o.commands,
                o.balance if o.balance_known else None, o.balance_is_before, o.oda_rule,
                ui_tuple(&o.ui) if o.ui_on_outcome else None,
                ui_tuple(&o.restart_ui) if o.ui_on_restart else None)

    def get(self, Py_ssize_t tag):
        """(value, origin) of one data element, None when unknown or absent."""
        cdef tapk_span value
        cdef uint8_t origin = 0
        cdef int result
        value.p = NULL
        value.n = 0
        if tag < 0 or tag > 0xFFFFFFFF:
            return None
        result = tapk_get(self.ctx, <uint32_t>tag, &value, &origin)
        if result < 0:
            raise misuse(result, f"tag {tag:X}")
        if result > 0 or value.p == NULL:
            return None
        return value.p[:value.n], origin

    def fetch(self, uint8_t list):
        """A TLV list for one use (enum tapk_list), None when it does not apply."""
        cdef uint8_t buffer[LIST_BYTES]
        cdef uint8_t *more
        cdef size_t n = 0
        cdef size_t capacity = LIST_BYTES
        cdef int result = tapk_fetch(self.ctx, list, buffer, capacity, &n)
        if result == 0:
            return buffer[:n]
        while result == TAPK_E_SIZE and capacity < 0x10000:
            capacity *= 2
            more = <uint8_t *>PyMem_Calloc(1, capacity)
            if more == NULL:
                raise MemoryError()
            try:
                result = tapk_fetch(self.ctx, list, more, capacity, &n)
                if result == 0:
                    return more[:n]
            finally:
                PyMem_Free(more)
        if result < 0:
            raise misuse(result, f"list {list}")
        return None

    def trace(self, uint32_t first=0):
        """[(rule, kind, truth, value), ...] from record number first on."""
        cdef const tapk_trace *t = tapk_trace_of(self.ctx)
        cdef uint32_t i
        cdef list result = []
        if t == NULL or t.ring == NULL:
            return result
        for i in range(first, t.count):
            result.append((t.ring[i].rule, t.ring[i].kind, t.ring[i].truth, t.ring[i].value))
        return result

    @property
    def trace_count(self):
        """Records kept since begin."""
        cdef const tapk_trace *t = tapk_trace_of(self.ctx)
        return 0 if t == NULL else t.count

    @property
    def trace_lost(self):
        """Records that did not fit since begin."""
        cdef const tapk_trace *t = tapk_trace_of(self.ctx)
        return 0 if t == NULL else t.lost

    def force(self, uint16_t rule, uint16_t force):
        """Forces one decision; only in TAPK_TEST builds of the kernel."""
        cdef int result = tapk_test_force(self.ctx, rule, force)
        if result < 0:
            raise misuse(result, "force")

    def wipe(self):
        """Overwrites card and transaction data; the kernel can begin again."""
        cdef int result = tapk_wipe(self.ctx)
        if result < 0:
            raise misuse(result, "wipe")
        self.step.kind = 0
        self.step.data = NULL
        self.step.len = 0


@cython.final
cdef class ConfigBuilder:
    """Builds a sealed configuration image, entry by entry."""

    cdef tapk_config_builder builder
    cdef uint8_t *memory

    def __cinit__(self):
        cdef int result
        # Untouched pages cost nothing; the kernel wants one flat piece of memory.
        self.memory = <uint8_t *>PyMem_Calloc(1, TAPK_CONFIG_MAX)
        if self.memory == NULL:
            raise MemoryError()
        memset(&self.builder, 0, sizeof(tapk_config_builder))
        self.builder.size = sizeof(tapk_config_builder)
        result = tapk_config_begin(&self.builder, self.memory, TAPK_CONFIG_MAX, &SOFT)
        if result < 0:
            raise misuse(result, "configuration")

    def __dealloc__(self):
        PyMem_Free(self.memory)

    def add(self, uint8_t kind, bytes tlv not None):
        """Adds one entry (enum tapk_entry). A refused entry raises ConfigFault, adds nothing."""
        cdef tapk_fault fault
        cdef const uint8_t *start = tlv
        cdef int result
        memset(&fault, 0, sizeof(fault))
        fault.size = sizeof(fault)
        result = tapk_config_add(&self.builder, kind, start, len(tlv), &fault)
        if result != 0:
            raise self.refusal(result, &fault)

    def seal(self):
        """Checks the whole and returns the image. After a ConfigFault the builder stays open."""
        cdef tapk_fault fault
        cdef size_t n = 0
        cdef int result
        memset(&fault, 0, sizeof(fault))
        fault.size = sizeof(fault)
        result = tapk_config_seal(&self.builder, &n, &fault)
        if result != 0:
            raise self.refusal(result, &fault)
        return self.memory[:n]

    cdef object refusal(self, int result, const tapk_fault *fault):
        if result < 0:
            return misuse(result, "configuration")
        return ConfigFault(
            text(tapk_name(SPACE_FAULT_EN, fault.code)), entry=fault.entry, tag=fault.tag,
            code=fault.code, name=text(tapk_name(SPACE_FAULT, fault.code)),
            rule=text(tapk_name(SPACE_RULE, fault.rule)) or None, detail=fault.detail)


@cython.final
@cython.freelist(16)
cdef class Message:
    """A strictly checked TLV message (TLV-001 to TLV-016), indexed but not taken apart.

    Values become bytes objects when they are asked for. skip_ff: a byte FF at a tag position is
    padding too (TLV-014). Malformed bytes raise TlvError with the offset.
    """

    cdef bytes source
    cdef const uint8_t *start  # of source
    cdef size_t count
    cdef tapk_tlv_node *nodes
    cdef tapk_tlv_node inside[NODES]

    def __cinit__(self, data, bint skip_ff=False):
        cdef bytes source = <bytes>data if type(data) is bytes else as_bytes(data)
        cdef const uint8_t *start = source
        cdef size_t n = len(source)
        cdef size_t offset = 0
        cdef int result
        self.source = source
        self.start = start
        self.nodes = self.inside
        result = tapk_tlv_index(start, n, skip_ff, self.inside, NODES, &self.count, &offset)
        if result != 0:
            self.index_slowly(result, start, n, skip_ff, offset)

    cdef int index_slowly(self, int result, const uint8_t *start, size_t n, bint skip_ff,
                          size_t offset) except -1:
        """More objects than the inside holds, or an error."""
        self.count = 0
        if result == TAPK_E_SIZE and n <= 0xFFFF:
            # An object is at least two bytes.
            self.nodes = <tapk_tlv_node *>PyMem_Calloc(n // 2 + 1, sizeof(tapk_tlv_node))
            if self.nodes == NULL:
                raise MemoryError()
            result = tapk_tlv_index(start, n, skip_ff, self.nodes, n // 2 + 1, &self.count,
                                    &offset)
        if result == 0:
            return 0
        self.count = 0
        if result < 0:
            raise TlvError("more than 65535 bytes", 0xFFFF)
        raise TlvError("not well-formed TLV", offset)

    def __dealloc__(self):
        if self.nodes != NULL and self.nodes != self.inside:
            PyMem_Free(self.nodes)

    cdef bytes value_at(self, size_t i):
        cdef const uint8_t *value = self.start + self.nodes[i].offset
        return value[:self.nodes[i].length]

    @property
    def data(self):
        """The bytes this message was made of."""
        return self.source

    def get(self, Py_ssize_t tag):
        """Value of the first object with this tag at any depth, or None."""
        cdef size_t i
        for i in range(self.count):
            if <Py_ssize_t>self.nodes[i].tag == tag:
                return self.value_at(i)
        return None

    def get_all(self, Py_ssize_t tag):
        """Values of every object with this tag, in order."""
        cdef size_t i
        cdef list result = []
        for i in range(self.count):
            if <Py_ssize_t>self.nodes[i].tag == tag:
                result.append(self.value_at(i))
        return result

    def nodes_list(self):
        """[(depth, tag, offset of the value, value), ...], parents before children."""
        cdef size_t i
        cdef list result = []
        for i in range(self.count):
            result.append((self.nodes[i].depth, self.nodes[i].tag, self.nodes[i].offset,
                           self.value_at(i)))
        return result

    def __iter__(self):
        return iter(self.nodes_list())

    def __len__(self):
        return self.count

    def __contains__(self, Py_ssize_t tag):
        cdef size_t i
        for i in range(self.count):
            if <Py_ssize_t>self.nodes[i].tag == tag:
                return True
        return False

    def __repr__(self):
        # Values may be card data, so only their number and size are told.
        return f"<Message {self.count} objects, {len(self.source)} bytes>"


def digest(image):
    """SHA-256 of a configuration image (32 bytes): the configuration digest."""
    cdef bytes source = as_bytes(image)
    cdef const uint8_t *start = source
    cdef uint8_t out[32]
    cdef int result = tapk_config_digest(&SOFT, start, len(source), out)
    if result < 0:
        raise misuse(result, "digest")
    return out[:32]


def check_image(image):
    """Raises KernelError unless the bytes are a sealed image of this version."""
    cdef bytes source = as_bytes(image)
    cdef const uint8_t *start = source
    cdef int result = tapk_config_open(start, len(source))
    if result < 0:
        raise misuse(result, "configuration")


def name(uint8_t space, uint16_t number):
    """The stable name of a number (enum tapk_space), "" when there is none."""
    return text(tapk_name(space, number))


def switches():
    """[(number, name, largest value, (jrt0025-2013, uics-2018, c7), fixed bits), ...]."""
    cdef size_t i
    cdef list result = []
    for i in range(TAPK_PY_SWITCHES):
        result.append((tapk_py_switches[i].number, text(tapk_py_switches[i].name),
                       tapk_py_switches[i].most,
                       (tapk_py_switches[i].values[0], tapk_py_switches[i].values[1],
                        tapk_py_switches[i].values[2]),
                       tapk_py_switches[i].fixed))
    return result


def crypto_slots():
    """Bits of the crypto slots that passed their self-test (enum tapk_crypto_slot)."""
    cdef uint32_t bit
    cdef uint32_t found = 0
    for bit in (0x01, 0x02, 0x04, 0x08, 0x10):
        if tapk_crypto_has(&SOFT, bit):
            found |= bit
    return found


def forcible():
    """Whether decisions can be forced: only in TAPK_TEST builds of the kernel."""
    return tapk_test_force(NULL, 0, 0) != TAPK_E_STATE


include "_oda.pxi"


def version():
    """Version of the C kernel, for example "0.1.0"."""
    return text(tapk_version())


def kernel_digest():
    """SHA-256 over the approved sources of the C kernel, hexadecimal."""
    return text(tapk_digest())

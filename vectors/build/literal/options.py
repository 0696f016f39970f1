"""ZTZM 状态字, HQXX 处理选项: GET PROCESSING OPTIONS (30-qpboc-flow.md sections 5 and 6, 10 section 1).

Card "debit" answers a TC with AFL, card "credit" an ARQC without one (CS-024).
"""

from __future__ import annotations

from typing import Any

from vectors.build.literal.row import (
    CREDIT,
    DEBIT,
    GPO,
    NO_CONTACT,
    PPSE,
    READ,
    STAY,
    Check,
    Row,
    apdu,
    apdus,
    approved,
    drop,
    ended,
    field55,
    gpo,
    insert,
    its,
    never,
    no_apdu,
    online,
    other_interface,
    presented_again,
    put,
    record,
    status,
)

STOP = (*other_interface(), no_apdu(READ))
"""OUT-013: terminate, with a contact reader and qp.missing_data_try_contact on."""

END = (*ended(), no_apdu(READ))
"""OUT-013: terminate without one of them."""


def _status(
    number: int, en: str, zh: str, ids: str, word: str, expect: tuple[Check, ...], **more: Any
) -> Row:
    return Row(
        f"QP-ZTZM-{number}",
        f"GPO {word}{en}",
        f"GPO应答{word}{zh}",
        ids,
        expect,
        mutations=(status("gpo", word, always=True),),
        **more,
    )


THREE = apdus(PPSE, DEBIT, gpo("36004080"))

STATUS = (
    _status(9001, ": another interface", "：改用其他界面", "QP-052", "6985", (*other_interface("QP-052"), THREE)),
    _status(9002, " without a contact reader: the end", "，无接触界面：终止", "QP-052", "6985", (*ended("QP-052"), no_apdu(READ)), combo=NO_CONTACT),
    _status(9003, ": another interface", "：改用其他界面", "QP-053", "6984", (*other_interface("QP-053"), THREE)),
    _status(9004, " without a contact reader: the end", "，无接触界面：终止", "QP-053", "6984", (*ended("QP-053"), no_apdu(READ)), combo=NO_CONTACT),
    _status(9005, " at every presentment: see phone", "，每次均如此：请看手机", "QP-054 OUT-027 TT-007", "6986",
            (*presented_again("QP-054"), its("reason", "see_phone"), no_apdu(READ))),
    *(
        _status(9006 + number, ": another interface", "：改用其他界面", "QP-055", word, (*other_interface("QP-055"), THREE))
        for number, word in enumerate(("6283", "6700", "6982", "6A80", "6A86", "6A88", "6D00", "6E00", "6F00", "9001"))
        if word != "6A88"
    ),
    _status(9020, " without a contact reader: the end", "，无接触界面：终止", "QP-055", "6700", (*ended("QP-055"), no_apdu(READ)), combo=NO_CONTACT),
    _status(9021, " is not followed over contactless", "，非接不跟进", "APDU-003 QP-055", "6110", (*other_interface("QP-055"), THREE)),
    _status(9022, " is not followed over contactless", "，非接不跟进", "APDU-003 QP-055", "6C10", (*other_interface("QP-055"), THREE)),
    Row("QP-ZTZM-9023", "GPO 6283 with good data: the data do not count", "GPO应答6283但数据完好：数据无效", "QP-055",
        (*other_interface("QP-055"), THREE), mutations=(status("gpo", "6283", keep=True),)),
    _status(9024, " under the domestic policy: another interface", "，国内策略：改用其他界面", "QP-054 QP-052", "6986",
            (*other_interface(), no_apdu(READ)), switches={"qp.gpo_sw_policy": "p12"}),
    _status(9025, " under the domestic policy without a contact reader", "，国内策略且无接触界面", "QP-054 QP-052", "6986",
            (*ended(), no_apdu(READ)), switches={"qp.gpo_sw_policy": "p12"}, combo=NO_CONTACT),
    _status(9026, " under the policy of kernel 3, no contact reader: another interface all the same", "，内核3策略且无接触界面：仍改用其他界面", "QP-053", "6984",
            (*other_interface(), no_apdu(READ)), switches={"qp.gpo_sw_policy": "k3style"}, combo=NO_CONTACT),
    _status(9027, " under the policy of kernel 3: the only application is gone", "，内核3策略：唯一应用被移除", "QP-052 OUT-004 EP-060", "6985",
            (*ended("EP-060"), THREE), switches={"qp.gpo_sw_policy": "k3style"}),
    Row("QP-ZTZM-9028", "GPO 6985 under the policy of kernel 3: the next application", "GPO应答6985，内核3策略：选下一应用", "QP-052 OUT-004",
        (its("outcome", "online_request"), apdus(PPSE, DEBIT, GPO, CREDIT, GPO)),
        switches={"qp.gpo_sw_policy": "k3style"}, card="two", mutations=(status("gpo", "6985"),)),
    _status(9029, " under the policy of kernel 3: see phone", "，内核3策略：请看手机", "QP-054", "6986",
            (*presented_again(), no_apdu(READ)), switches={"qp.gpo_sw_policy": "k3style"}, term={"passes": 0}),
    Row("QP-ZTZM-9030", "GPO 6986 at the first presentment only", "首次GPO应答6986，再挥成功", "QP-054 OUT-003 OUT-006",
        (*approved(), apdu(4, PPSE), apdu(5, DEBIT), apdu(6, gpo("36004080"))), mutations=(status("gpo", "6986"),)),
)  # fmt: skip


def _form(
    number: int,
    en: str,
    zh: str,
    ids: str,
    expect: tuple[Check, ...],
    *mutations: dict[str, Any],
    **more: Any,
) -> Row:
    return Row(f"QP-HQXX-{number}", en, zh, ids, expect, mutations=mutations, **more)


FORM = (
    _form(9001, "Template 70 in place of 77", "GPO模板为70", "QP-060", STOP, {"kind": "template", "at": "gpo", "value": "70"}),
    _form(9002, "Template 70, no contact reader", "GPO模板为70且无接触界面", "QP-060 OUT-013", END, {"kind": "template", "at": "gpo", "value": "70"}, combo=NO_CONTACT),
    _form(9003, "Template 70, contact not to be tried", "GPO模板为70且不转接触", "QP-060 OUT-013", END, {"kind": "template", "at": "gpo", "value": "70"}, switches=STAY),
    _form(9004, "Format 80 is no qPBOC answer", "格式80不是qPBOC应答", "QP-063", STOP, faults=("format-80",)),
    _form(9005, "A byte behind the template", "模板后多一字节", "QP-060 TLV-016", STOP, {"kind": "tail", "at": "gpo", "value": "00"}),
    _form(9006, "The last byte is missing", "缺最后一字节", "QP-060 TLV-009", STOP, {"kind": "cut", "at": "gpo", "count": 1}),
    _form(9007, "9000 without data", "9000但无数据", "QP-060", STOP, faults=("empty:command=gpo",)),
    _form(9008, "A length in one byte more than needed", "长度用非最短编码", "TLV-007", approved(), {"kind": "long form", "at": "gpo"}),
    _form(9009, "The objects in reverse order", "数据元倒序", "TLV-019", approved(), faults=("reorder:command=gpo",)),
    _form(9010, "Padding 00 between the objects", "数据元间00填充", "TLV-011 TLV-013", approved(), {"kind": "pad", "at": "gpo", "home": 0, "pick": 1, "value": "0000"}),
    _form(9011, "Padding FF between the objects", "数据元间FF填充", "TLV-014", approved(), {"kind": "pad", "at": "gpo", "home": 0, "pick": 1, "value": "FF"}),
    _form(9012, "An unknown object", "未知数据元", "TLV-017", approved(), insert("gpo", "DF7E", "0102")),
    _form(9013, "The same unknown object twice", "同一未知数据元出现两次", "TLV-018", approved(), insert("gpo", "DF7E", "0102"), insert("gpo", "DF7E", "0102")),
    _form(9014, "An unknown template with a known object: not opened", "未知模板含已知数据元：不展开", "TLV-017 TLV-033", approved(), insert("gpo", "BF30", "9F360200FF")),
    _form(9015, "AIP is missing", "缺82", "QP-064", STOP, drop("gpo", "82")),
    _form(9016, "AIP of length 0 is missing", "82长度为0视为缺失", "QP-064 TLV-020", STOP, put("gpo", "82", "")),
    _form(9017, "AIP of one byte", "82长1字节", "QP-064", STOP, put("gpo", "82", "7C")),
    _form(9018, "AIP of three bytes", "82长3字节", "QP-064", STOP, put("gpo", "82", "7C0000")),
    _form(9019, "AIP missing, no contact reader", "缺82且无接触界面", "QP-064 OUT-013", END, drop("gpo", "82"), combo=NO_CONTACT),
)  # fmt: skip

AFL = tuple(
    _form(9020 + number, f"AFL {value}: {en}", f"AFL为{value}：{zh}", "QP-065", STOP, put("gpo", "94", value))
    for number, (value, en, zh) in enumerate((
        ("080101", "no multiple of 4 bytes", "长度非4的倍数"),
        ("0801010008", "no multiple of 4 bytes", "长度非4的倍数"),
        ("09010100", "low bits of the SFI byte", "SFI字节低位非0"),
        ("00010100", "SFI 0", "SFI为0"),
        ("F8010100", "SFI 31", "SFI为31"),
        ("08000100", "first record 0", "首记录号为0"),
        ("08020100", "last record before the first", "末记录小于首记录"),
        ("08010102", "more authenticated records than records", "认证记录数超出"),
        ("1801010018010100F9010100", "the third entry is bad", "第三项错误"),
    ))
)  # fmt: skip

NEEDED = (
    _form(9030, "TC without AFL", "TC缺AFL", "QP-067", (*other_interface("QP-067"), no_apdu(READ)), drop("gpo", "94")),
    _form(9031, "TC with an AFL of length 0", "TC的AFL长度为0", "QP-067 TLV-020", (*other_interface("QP-067"), no_apdu(READ)), put("gpo", "94", "")),
    _form(9032, "ATC is missing", "缺9F36", "QP-067", (*other_interface("QP-067"), no_apdu(READ)), drop("gpo", "9F36")),
    _form(9033, "ATC of one byte", "9F36长1字节", "QP-067", (*other_interface("QP-067"), no_apdu(READ)), put("gpo", "9F36", "01")),
    _form(9034, "ATC of three bytes", "9F36长3字节", "QP-067", (*other_interface("QP-067"), no_apdu(READ)), put("gpo", "9F36", "000001")),
    _form(9035, "Cryptogram of seven bytes", "9F26长7字节", "QP-067", STOP, put("gpo", "9F26", "01020304050607")),
    _form(9036, "No cryptogram where only qPBOC is supported", "仅支持qPBOC而缺9F26", "QP-061", (*other_interface("QP-061"), no_apdu(READ)), drop("gpo", "9F26")),
    _form(9037, "No cryptogram, no contact reader", "缺9F26且无接触界面", "QP-061", (*ended("QP-061"), no_apdu(READ)), drop("gpo", "9F26"), combo=NO_CONTACT),
    _form(9038, "Issuer application data missing: the type is unknown", "缺9F10：类型不明", "QP-068", STOP, drop("gpo", "9F10")),
    _form(9039, "Issuer application data of six bytes", "9F10长6字节", "QP-067", STOP, put("gpo", "9F10", "060101039000")),
    _form(9040, "9F27 of two bytes", "9F27长2字节", "QP-067", STOP, insert("gpo", "9F27", "4000")),
    _form(9041, "ATC missing, no contact reader", "缺9F36且无接触界面", "QP-067", (*ended("QP-067"), no_apdu(READ)), drop("gpo", "9F36"), combo=NO_CONTACT),
    _form(9042, "ATC missing, contact not to be tried", "缺9F36且不转接触", "QP-067", (*ended("QP-067"), no_apdu(READ)), drop("gpo", "9F36"), switches=STAY),
    _form(9043, "ARQC without track 2 and without AFL", "ARQC缺57且无AFL", "QP-067", (*other_interface("QP-067"), no_apdu(READ)), drop("gpo", "57"), card="credit"),
    _form(9044, "ARQC without ATC", "ARQC缺9F36", "QP-067", (*other_interface("QP-067"), no_apdu(READ)), drop("gpo", "9F36"), card="credit"),
    _form(9045, "ARQC with records, track 2 nowhere", "ARQC读记录后仍无57", "QP-171 QP-128", (*other_interface("QP-128"), never("outcome", "online_request")), drop("gpo", "57"), card="phone"),
    _form(9046, "ARQC with records, PAN and expiry in a record", "ARQC由记录给出PAN和有效期", "QP-171 QP-128", (its("outcome", "online_request"),),
          drop("gpo", "57"), insert("record", "5A", "6200000000000001123F"), insert("record", "5F24", "491231"), card="phone"),
    _form(9047, "Track 2 without a separator", "57无分隔符", "TLV-030", STOP, put("gpo", "57", "62000000000000010320491222000000"), card="credit"),
    _form(9048, "PAN sequence number of two bytes", "5F34长2字节", "TLV-034", STOP, put("gpo", "5F34", "0101")),
    _form(9049, "Available amount of five bytes is dropped: the balance of 9F10 counts", "9F5D长5字节被丢弃：用9F10余额", "TLV-034 QP-150", (*approved(), its("balance", 18750)), put("gpo", "9F5D", "0000099999")),
)  # fmt: skip

TWICE = (
    _form(9050, "ATC twice in the answer", "9F36出现两次", "TLV-021 QP-066", STOP, insert("gpo", "9F36", "0001")),
    _form(9051, "AIP twice in the answer", "82出现两次", "TLV-021 QP-066", STOP, insert("gpo", "82", "7C00")),
    _form(9052, "Cryptogram twice in the answer", "9F26出现两次", "TLV-021 QP-066", STOP, insert("gpo", "9F26", "0102030405060708")),
    _form(9053, "PAN sequence number in the answer and again in a record", "5F34在应答和记录中重复", "TLV-022 QP-083", approved(), insert("last", "5F34", "01")),
    _form(9054, "ATC twice, no contact reader", "9F36重复且无接触界面", "TLV-021 OUT-013", END, insert("gpo", "9F36", "0001"), combo=NO_CONTACT),
    _form(9055, "The card sends an amount: ignored", "卡片给出9F02：忽略", "TLV-025 QP-004", (*approved(), field55("9F02", "000000001250")), insert("gpo", "9F02", "000000000001")),
    _form(9056, "The card sends an amount twice: ignored", "卡片两次给出9F02：忽略", "TLV-025", (*approved(), field55("9F02", "000000001250")), insert("gpo", "9F02", "000000000001"), insert("gpo", "9F02", "000000000002")),
    _form(9057, "The card sends a TTQ: ignored", "卡片给出9F66：忽略", "TLV-025", (*approved(), record("9F66", "36004080")), insert("gpo", "9F66", "20000000")),
    _form(9058, "The card sends a TVR: ignored", "卡片给出95：忽略", "TLV-025 QP-003", (*approved(), field55("95", "0000000000")), insert("gpo", "95", "FFFFFFFFFF")),
    _form(9059, "The card sends a date: ignored", "卡片给出9A：忽略", "TLV-025", (*approved(), field55("9A", "261121")), insert("gpo", "9A", "200101")),
    _form(9060, "The card sends a currency: ignored", "卡片给出5F2A：忽略", "TLV-025", (*approved(), field55("5F2A", "0156")), insert("gpo", "5F2A", "0344")),
    _form(9061, "The card sends a country: ignored", "卡片给出9F1A：忽略", "TLV-025", (*approved(), field55("9F1A", "0156")), insert("gpo", "9F1A", "0344")),
)  # fmt: skip

PDOL = (
    Row("QP-HQXX-9070", "PDOL of cryptogram version 17: 16 bytes", "密文版本17的PDOL：16字节", "QP-042 QP-045 DOL-002",
        (its("outcome", "approved"), apdu(3, "80A8000012 8310 36004080 000000001250 ???????? 0156 00")),
        app={"cvn": 17, "pdol": "9F66049F02069F37045F2A02"}),
    Row("QP-HQXX-9071", "9F66 asked with three bytes: the right one is cut", "9F66长3：截去右边", "QP-041 DOL-008",
        (apdu(3, "80A800000F 830D 360040 000000001250 ???????? 00"), never("outcome", "approved")),
        app={"pdol": "9F66049F02069F37045F2A02"}, mutations=(put("select", "9F38", "9F66039F02069F3704"),)),
    Row("QP-HQXX-9072", "An amount of four bytes and one of eight: the left is cut, or zeros", "9F02长4截去左边，长8左补零", "DOL-007 DOL-009 DOL-013",
        (apdu(3, "80A8000016 8314 36004080 00001250 0000000000001250 ???????? 00"), never("outcome", "approved")),
        mutations=(put("select", "9F38", "9F66049F02049F02089F3704"),)),
    Row("QP-HQXX-9074", "Unknown and constructed tags are zeros", "未知和结构标签填零", "DOL-003 DOL-004",
        (apdu(3, "80A8000011 830F 36004080 000000001250 0000 000000 00"), never("outcome", "approved")),
        mutations=(put("select", "9F38", "9F66049F0206DF7F02BF3003"),)),
    Row("QP-HQXX-9075", "A tag with length 0 gives nothing, a tag may come twice", "长度0不产生数据，标签可重复", "DOL-012 DOL-013",
        (apdu(3, "80A800000C 830A 26004080 0156 0156 0156 00"), never("outcome", "approved")),
        combo=NO_CONTACT, mutations=(put("select", "9F38", "9F66049F02005F2A025F2A029F1A02"),)),
    Row("QP-HQXX-9076", "No extended application, no SM keys: DF60 and DF69 are 00", "无扩展应用和国密公钥：DF60、DF69为00", "QP-044 ODA-070",
        (its("outcome", "approved"), apdu(3, "80A8000025 8323 36004080 000000001250 000000000000 0156 0000000000 0156 261121 00 ???????? 00 00 00")),
        app={"pdol": "9F66049F02069F03069F1A0295055F2A029A039C019F3704DF6001DF6901"}),
    Row("QP-HQXX-9077", "More than 252 bytes asked: the application cannot be used", "PDOL超过252字节：应用不可用", "DOL-017",
        (its("outcome", "end_application"), no_apdu(GPO)), faults=("pdol-long",)),
)  # fmt: skip

ROWS = (*STATUS, *FORM, *AFL, *NEEDED, *TWICE, *PDOL)

"""vectors_sm.h: SM3 digests, cases for the SM2 slot and signed records. Used by make_vectors.py.

    python sm_vectors.py            writes vectors_sm.h next to this file
    python sm_vectors.py --check    compares, exit 1 when it is stale

Records: "transport" is public personalisation data of a test card (RID A000000632), "root" the
public self-signed UnionPay root 18, "chain" a synthetic chain with throw-away keys, "standard" the
example of GB/T 32918.5. Everything else is computed by sm_reference.py.
"""

import sys
from pathlib import Path
from typing import NamedTuple

from sm_cases import random_cases, rare
from sm_reference import Signature, digest, sm3, verify
from vector_header import header, text

MEETINGS = 80
RANDOM = 64


class Record(NamedTuple):
    """A signed message."""

    name: str
    point: str
    message: str
    signature: str


STANDARD = Record(
    "standard",
    "09F9DF311E5421A150DD7D161E4BC5C672179FAD1833FC076BB08FF356F35020"
    "CCEA490CE26775A52DC6EA718CC1AA600AED05FBF35E084A6632F6072DA9AD13",
    b"message digest".hex(),
    "F5A03B0648D2C4630EEAC513E1BB81A15944DA3827D5B74143AC7EACEEE720B3"
    "B1B6AA29DF212FD8763182BC0D421CA1BB9038FD1F7F42D4840B69C485BBC1AA",
)

ROOT_POINT = (
    "37710FEB7CC3617767874E85509C268E8F931D68773E93A89F39A4247DFE2D28"
    "0FC5BC838353885B6DAD447C8F90116BD9D314047591989F67F319544D42A48B"
)
ROOT = Record(
    "root",
    ROOT_POINT,
    "3101010000A000000333181230041140" + ROOT_POINT,
    "DBDA8F27CF839323920DF931DC51943AE26A376F7EB2529F7233230B63CE15AB"
    "A76C1E508DA4A98675A2B522D2722BDF5CD93953973F241F568B282BB66CECDD",
)

TRANSPORT_ISSUER = (
    "B373D53F680BD2963D568F758899C71A8A94AE11B424726BD6A2FF9D1BADDFD1"
    "DB4A60086D30AD4F2A950DA602035A325A28AA294476C34E0E99AB6ED2CABE19"
)
TRANSPORT_CONTACT = (
    "5A0A3104895199900000003F5F24034012315F25032104165F3401009F0702FF00"
    "8E0C000000000000000002031F005F280201569F0D05D86004A8009F0E05001098"
    "00009F0F05D86804F8009F4A01828C1B9F02069F03069F1A0295055F2A029A039C"
    "019F37049F21039F4E148D1A8A029F02069F03069F1A0295055F2A029A039F2103"
    "9C019F3704"
)
TRANSPORT_CONTACTLESS = (
    "5A0A3104895199900000003F5F24034012315F25032104169F0702FF008E0A0000"
    "0000000000001F009F0D05D8603CA8009F0E0500108000009F0F05D8683CF8009F"
    "4A01828C1B9F02069F03069F1A0295055F2A029A039C019F37049F21039F4E148D"
    "1A8A029F02069F03069F1A0295055F2A029A039F21039C019F3704"
)
TRANSPORT_ICC = (
    "143104895199900000003F124000003104001140"
    "307E7978B05F376E1155351E115771040E1F463133AE426E34B3303CAD50C7C7"
    "724E44A8FA5C11933AA7B1F57A1C49F389E6A785C9F08B07594A35AF4144826F"
)
TRANSPORT = [
    Record(
        "transport 93, contact",
        TRANSPORT_ISSUER,
        "133105" + TRANSPORT_CONTACT + "7C00",
        "4D99FB6D0AFBE701D19D246ADD50FDC7E88885F788606AAF0460CE408309"
        "894FB83A05301814E61715F7CA2629A1B475C450ACA92C4F50C103EADEE032667C5F",
    ),
    Record(
        "transport 9F46, contact",
        TRANSPORT_ISSUER,
        TRANSPORT_ICC + TRANSPORT_CONTACT + "7C00",
        "DE70E59AD7D2F9215D1685AFFE4864F5C631188CF9C9BC2055F537EFB37D5EFB"
        "7AECBC3F0826CA2579008464D0863DBDDB3F9219DBBF04A0B4BC67DA4EE36358",
    ),
    Record(
        "transport 93, contactless",
        TRANSPORT_ISSUER,
        "133105" + TRANSPORT_CONTACTLESS + "7C00",
        "D9BB25091F26EE4E3E61EA48EBD4D2AFA41CA481FC39ECC2055B7C182DCC"
        "EED846531013A0D5000C531BC0936ABA808594B10FF7EEE33F0873F7DF09B7EAFEED",
    ),
    Record(
        "transport 9F46, contactless",
        TRANSPORT_ISSUER,
        TRANSPORT_ICC + TRANSPORT_CONTACTLESS + "7C00",
        "3B2AC5A4EB022D19681012BD93D1D3EDDB9A7FF75832D869C0AD8F56A575463E"
        "96CCF5CA21F11A5391B29489364FC03F1713FEF57B694B40F0A3D16AB6A72986",
    ),
]

CA = (
    "45F905F1C1E09A436F8C8A03533D195FAAD49D0A5C6379A1E1CCF3A4063EDDBA"
    "6D031757B3209D4A1A73D78A9C2AEF52DD53A81876A68A9C3447BE7443A74954"
)
ISSUER = (
    "08B68E50A68DE3C54B53A4A9FCABCE4FA591E0B093E37645BC735F2A9A6F7323"
    "989B4BAFBEC458E372D07448379F4D374A84F2AA818238BFB1941307B92D023D"
)
ICC = (
    "9ED6BCCF8957F28BD7F17F5B81271855BA38DAD41A300C785C7014C3B3DC9FFB"
    "90DF0E72A19DAFE2836E5EB9E2B56E6C4D2CBDEA1FB87EF9A0219E060F1531E4"
)
STATIC = (
    "5A0862000012345678925F24033012315F3401015F280201569F4A01829F0702FF008E0A00000000000000001F00"
)
TRANSACTION = (
    "000000000150000000000000015600000000000156260115000102030"
    "49F2701809F360200239F101307010103900000040A010000010000AABBCCDD"
)
CHAIN = [
    Record(
        "chain CA",
        CA,
        "3101010000A000000333F71230041140" + CA,
        "38B396FD8FEFF26075BA8B261A0F63A3D747EE5D938617E9ED49752DA9738047"
        "45B5D76DA57A6683AB6AA17EFF244EB751551F4A1B30DD8AF73175DF44DA09F5",
    ),
    Record(
        "chain 90",
        CA,
        "1262000012123000010104001140" + ISSUER,
        "F1F387BD8207E422B5ABD8483E629FB1B1A3DE02ED27476E94CF26992848236E"
        "FDA0E93EC4F2400A2CEE8B26979997CCCEA64B0715C95C47D9B616EA781AFB73",
    ),
    Record(
        "chain 9F46",
        ISSUER,
        "146200001234567892FFFF123000020204001140" + ICC + STATIC + "7C00",
        "DC5AFC5674483236DF53DB88AC1741208BA91C01DA870F42963436CD9835194E"
        "62EFB60D33181B0841589936B28B31E2DDBA117DB981A249191FD130F9C5F51B",
    ),
    Record(
        "chain 93",
        ISSUER,
        "13DAC1" + STATIC + "7C00",
        "E4B6365F1043C849BE6B1A44C3C673A651DD797F4B79263D73F953C5667E434B"
        "E5A06E2C443B6469CA8082B4ED551D5CDA23F75277504BE2A4DA19520023F086",
    ),
    Record(
        "chain DDA",
        ICC,
        "150302002301020304",
        "B043AEFD067CEEB5CC564F4A0F1DC848E7017B3C0C79786960088A2F0C02F70A"
        "BE363F2A74A235C2DF5B0EE86F84025D0DB990B03DA072588F154E452E1BAA46",
    ),
    Record(
        "chain fDDA 01",
        ICC,
        "150302002301020304000000000150015601A1B2C3D4000082",
        "90CF65EC14BFC153BDCFB1F79805ADC753493B4C319061C4D5CA853B99C227A4"
        "1006F6F4F1174B804F53E8B34E828E113A9363A918E1CDCC811AE4C9FDBA6E36",
    ),
    Record(
        "chain CDA",
        ICC,
        "152C020023801122334455667788"
        "76F850C2FF3F88D05209BE043BB451E0AAAF984EDE7E20233EFCEAF62AA5BFC2"
        "01020304",
        "CB7151B1562BE8C0FEC6DEFBC05163CFCED8C3DBE42238B5537168943CE4A157"
        "D4FA609BC626D67F941D74C941F2496A4889234BD7EDE87A2A6112B5CB4558D0",
    ),
]


def digests() -> list[str]:
    body = ["/* SM3 of the first n bytes of 00 01 02 ... C7; the index is n. */"]
    body += ["static const char *const sm3_digests[] = {"]
    body += [f"    {text(sm3(bytes(range(n))))}," for n in range(201)]
    return [*body, "};"]


def slot_cases() -> list[str]:
    body = [
        "struct sm2_case {",
        "    const char *name;",
        "    int valid;",
        "    const char *e, *signature, *point;",
        "};",
        "",
        "static const struct sm2_case sm2_cases[] = {",
    ]
    for name, value in [*rare(MEETINGS), *random_cases(RANDOM)]:
        body.append(f'    {{"{name}", {int(verify(value))}, {text(value.e)},')
        body.append(f"     {text(value.rs)},")
        body.append(f"     {text(value.point)}}},")
    return [*body, "};"]


def records() -> list[str]:
    body = [
        "/* A message signed with the default user id; e is its digest with ZA. */",
        "struct sm2_record {",
        "    const char *name, *point, *message, *signature, *e;",
        "};",
        "",
        "static const struct sm2_record sm2_records[] = {",
    ]
    for record in [STANDARD, ROOT, *TRANSPORT, *CHAIN]:
        point, message, signature = map(bytes.fromhex, record[1:])
        e = digest(point, message)
        if not verify(Signature(e, signature, point)):
            raise ValueError(f"{record.name} does not verify")
        body.append(f'    {{"{record.name}", {text(point)},')
        body.append(f"     {text(message)},")
        body.append(f"     {text(signature)},")
        body.append(f"     {text(e)}}},")
    return [*body, "};"]


def sm_header() -> tuple[str, str]:
    if sm3(bytes.fromhex(TRANSACTION)).hex().upper() not in CHAIN[-1].message:
        raise ValueError("the transaction hash of the CDA record is another")
    body = [*digests(), "", *slot_cases(), "", *records()]
    return header("vectors_sm.h", "SM3 and SM2 by Python's integers.", body)


def main() -> int:
    name, content = sm_header()
    path = Path(__file__).resolve().parent / name
    if "--check" not in sys.argv:
        path.write_text(content, encoding="utf-8")
    elif not path.exists() or path.read_text(encoding="utf-8") != content:
        print(f"{name} is stale: run sm_vectors.py", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

"""What nobody should send: values, parameters, bodies. What made trouble once gets a line here."""

from urllib.parse import quote, quote_from_bytes

# Percent-encoded as they stand in an address.
VALUES = [
    *map(
        quote,
        [
            "\x00",
            "1\x00",
            "9" * 19,
            "9" * 400,
            "9" * 5_000,
            "-1",
            "0",
            "1.5",
            "1e400",
            "NaN",
            "１",
            "٣",
            "0001-01-01",
            "9999-12-31",
            "0026-11-28",
            "2026-02-30",
            "9999-12",
            "x" * 10_000,
            "가" * 300,
            "\u202e\u200b",
            "'\"><script>",
            "../" * 40,
            "%",
            "_00",
            "_ED_A0_80",
            "a,b,,c",
            "1\r\nX: y",
            "{}[]()*",
            "",
        ],
    ),
    quote_from_bytes(b"\xff\xfe"),
    quote_from_bytes(b"\xed\xa0\x80"),
    "%",
    "%zz",
]
# What the pages read, Django's own look-ups, and what nobody knows.
# What the pages read in an address, Django's own look-ups, and what nobody knows.
_PARAMETERS = """
q p o all e _popup _to_field _changelist_filters _facets id id__in id__exact pk__gte id__isnull
user__id__exact user__password__startswith payment__user__password__startswith pk merchant_uid
is_staff__exact groups__id__exact outcome__exact received_at__gte day__year day__month day__day
day__gte drift kind__exact unmasked__exact status user basis period from to amount_min amount_max
pay_method pg_provider verification attention state bucket owner person age run outcome term page
day month next back before app_label model_name field_name imp_uid imp_success error_msg code
process edit unknown %00
"""
PARAMETERS = _PARAMETERS.split()
# The same in forms.
_FIELDS = """
action _selected_action select_across index reason personal text version whose customer suggested
note seen first_day last_day name slug price description active email username login password
password1 password2 language time_zone query remember code key csrfmiddlewaretoken _save _continue
_saveasnew initial-groups groups is_active date_joined_0 last_login_0 product credential
checkout_key buyer_tel buyer_name error_code
"""
FIELDS = _FIELDS.split()
BODIES = [
    ("application/json", b"{"),
    ("application/json", b'{"merchant_uid": "\\ud800\\u0000", "imp_uid": 1e999}'),
    ("application/json", b"[" * 100_000),
    ("application/json; charset=base64", b"\xff\xfe"),
    ("application/x-www-form-urlencoded; charset=euc-kr", b"q=%B0%A1"),
    ("application/x-www-form-urlencoded; charset=undefined", b"q=1"),
    ("application/x-www-form-urlencoded", b"a=" * 3_000 + b"&a=1" * 3_000),
    ("application/x-www-form-urlencoded", b"\xff\x00=\xff%00&reason=\x00"),
    ("multipart/form-data", b"no boundary"),
    ("multipart/form-data; boundary=b; charset=rot13", b"--b\r\n\r\n--b--"),
    (
        "multipart/form-data; boundary=b; charset=utf-7",
        b'--b\r\nContent-Disposition: form-data; name="reason"\r\n\r\n+2AA-\r\n--b--\r\n',
    ),
    ("text/xml", b"<"),
    ("", b"\x00"),
]

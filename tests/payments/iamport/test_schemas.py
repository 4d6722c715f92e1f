"""Reading a payment: strict on money and identity, lenient on everything else."""

import dataclasses
import json
import re
from decimal import Decimal
from functools import partial
from typing import Any, get_type_hints

import pytest

from payments.iamport import GatewayPayment, IamportClient, Malformed, Unreadable
from payments.iamport.fields import DEPOSITOR, TEXTS, VALUES, WHOLE, Text, TooLong
from payments.iamport.parsing import READERS
from payments.iamport.parsing import payment as read
from payments.iamport.values import ShapeError, text, whole
from tests.payments.iamport.scripted import (
    CARD,
    Answer,
    Gateway,
    cancelled,
    envelope,
    payment,
    plain,
)

REQUIRED = ["imp_uid", "merchant_uid", "status", "amount", "cancel_amount", "currency", "sandbox"]


def test_a_card_payment_is_read_field_by_field() -> None:
    row = payment()
    answer = read(row)
    for name, value in row.items():
        if name != "cancel_history" and value is not None:
            assert getattr(answer, name) == value
    assert (
        answer.emb_pg_provider == answer.bank_code == answer.vbank_num == answer.fail_reason == ""
    )
    assert answer.cancel_history == ()
    assert answer.raw is row


def test_every_optional_field_has_a_reader() -> None:
    named = {field.name for field in dataclasses.fields(GatewayPayment)}
    made = {"cancel_history", "depositor_name", "card_first6", "card_last4"}
    assert named == {*READERS, *REQUIRED, *made, "raw"}


@pytest.mark.parametrize("name", REQUIRED)
@pytest.mark.parametrize("bad", [None, [], {}, "", "  ", ..., object])
def test_a_required_field_that_is_wrong_is_named(name: str, bad: object) -> None:
    row = payment(**{name: bad})
    if bad is ...:
        del row[name]
    with pytest.raises(ShapeError, match=rf"response\.{name}\b"):
        read(row)


@pytest.mark.parametrize(
    ("name", "bad"),
    [
        ("imp_uid", 448280090638),
        ("merchant_uid", 1),
        ("status", True),
        ("currency", 410),
        ("sandbox", 0),
        ("sandbox", "false"),
        ("sandbox", 1),
    ],
)
def test_a_required_field_of_another_type_is_not_converted(
    name: str, bad: bool | int | str
) -> None:
    with pytest.raises(ShapeError, match=name):
        read(payment(**{name: bad}))


@pytest.mark.parametrize("name", ["imp_uid", "merchant_uid", "status", "currency"])
@pytest.mark.parametrize("odd", ["order-\0", "order-\ud800"], ids=["NUL", "half a surrogate"])
def test_a_required_text_that_no_database_takes_is_not_mended(name: str, odd: str) -> None:
    with pytest.raises(ShapeError, match=rf"response\.{name} holds"):
        read(payment(**{name: odd}))


@pytest.mark.parametrize("name", ["amount", "cancel_amount"])
@pytest.mark.parametrize(
    "bad", [True, False, "1000", "1,000", "1000원", 0.5, 1000.1, -1, float("inf"), float("nan")]
)
def test_won_that_is_no_whole_number_is_malformed(name: str, bad: bool | float | str) -> None:
    with pytest.raises(ShapeError, match=name):
        read(payment(**{name: bad}))


@pytest.mark.parametrize(
    ("value", "amount"), [(1000, 1000), (1000.0, 1000), (0, 0), (1e6, 1_000_000), (2**60, 2**60)]
)
def test_won_is_an_int_however_it_is_written(value: float, amount: int) -> None:
    answer = read(payment(amount=value))
    assert answer.amount == amount
    assert type(answer.amount) is int


@pytest.mark.parametrize(
    ("value", "amount", "kind"), [(10.5, Decimal("10.5"), Decimal), (10.0, 10, int), (10, 10, int)]
)
def test_another_currency_may_have_a_fraction(
    value: float, amount: Decimal | int, kind: type
) -> None:
    answer = read(payment(currency="USD", amount=value, cancel_amount=0))
    assert answer.amount == amount
    assert type(answer.amount) is kind


def test_a_fraction_is_exact() -> None:
    answer = read(payment(currency="USD", amount=0.3, cancel_amount=0.1))
    assert answer.remaining == Decimal("0.2")


def test_wrong_shapes_arrive_as_malformed_with_the_call(
    gateway: Gateway, client: IamportClient
) -> None:
    gateway.on("GET", "/payments/imp_1", envelope(payment(amount=12000.5)))
    with pytest.raises(Malformed, match=r"response\.amount is not in whole won") as raised:
        client.payment("imp_1")
    assert (raised.value.status, raised.value.path) == (200, "/payments/imp_1")
    assert "12000.5" not in str(raised.value)


@pytest.mark.parametrize("written", ["1e400", "-0.5", "1e-7", "NaN", "-Infinity"])
def test_numbers_of_json_that_are_no_won_are_malformed(
    gateway: Gateway, client: IamportClient, written: str
) -> None:
    row = payment(amount=0)
    body = json.dumps({"code": 0, "message": None, "response": row})
    body = body.replace('"amount": 0', f'"amount": {written}')
    gateway.on("GET", "/payments/imp_1", plain(200, body.encode()))
    with pytest.raises(Malformed):
        client.payment("imp_1")


def test_what_only_python_takes_for_json_is_nothing(
    gateway: Gateway, client: IamportClient
) -> None:
    row = payment(custom_data=float("nan"), card_quota=float("inf"))  # no database would take it
    gateway.on("GET", "/payments/imp_1", envelope(row))
    answer = client.payment("imp_1")
    assert (answer.custom_data, answer.card_quota, answer.raw["custom_data"]) == (
        "",
        None,
        None,
    )


def raw_rows(*odd: str) -> Answer:
    """A list of which the second row holds this text in place of its amount or name."""
    good, bad = (json.dumps(payment(imp_uid=f"imp_{n}", paid_at=n)) for n in (1, 2))
    for part in odd:
        name = part.partition(":")[0]
        bad = re.sub(rf"{name}: [^,]+,", f"{part},", bad, count=1)
    text = f'{{"total": 2, "previous": 0, "next": 0, "list": [{good}, {bad}]}}'
    return plain(200, f'{{"code": 0, "message": null, "response": {text}}}'.encode())


@pytest.mark.parametrize(
    "odd",
    [
        '"amount": ' + "1" * 5_000,
        '"amount": 1e400',
        '"amount": NaN',
        '"amount": 12000, "amount": 1',
        '"status": "paid", "status": "ready"',
        '"name": ' + "[" * 900 + "]" * 900,
    ],
    ids=["5,000 digits", "infinite", "NaN", "two amounts", "two statuses", "nested 900 deep"],
)
def test_what_is_odd_in_one_row_makes_none_of_the_others_unreadable(
    gateway: Gateway, client: IamportClient, odd: str
) -> None:
    gateway.on("GET", "/payments/status/paid", raw_rows(odd))
    aside: list[Unreadable] = []
    deep = partial(client.by_status, "paid", from_=1, to=9, unreadable=aside.append)
    assert "imp_1" in [row.imp_uid for row in deep()]
    assert [row.imp_uid for row in aside] in (["imp_2"], [])


def test_the_same_said_twice_is_no_contradiction(gateway: Gateway, client: IamportClient) -> None:
    gateway.on("GET", "/payments/status/paid", raw_rows('"amount": 12000, "amount": 12000'))
    assert len(list(client.by_status("paid", from_=1, to=9))) == 2


@pytest.mark.parametrize("field", TEXTS, ids=lambda field: field.name)
def test_no_text_is_longer_than_its_limit(field: Text) -> None:
    assert len(str(getattr(read(payment(**{field.name: "a" * field.limit})), field.name))) == (
        field.limit
    )
    longer = payment(**{field.name: "a" * (field.limit + 1)})
    if field.too_long is TooLong.MALFORMED:
        with pytest.raises(ShapeError, match=f"{field.name} is longer than {field.limit}"):
            read(longer)
    else:
        assert len(getattr(read(longer), field.name)) in {0, field.limit}


def test_every_text_has_its_limit_and_nothing_else_has() -> None:
    fields = dataclasses.fields(GatewayPayment)
    texts = {field.name for field in (*TEXTS, *VALUES, DEPOSITOR)} - WHOLE
    assert {field.name for field in fields if field.type is str} == texts
    others = {field.name for field in fields if field.type is not str}
    assert others == WHOLE | {"cancel_history", "raw"}


@pytest.mark.parametrize(
    ("told", "months"),
    [
        ({"card_quota": 3}, 3),
        ({"card_quota": 0}, 0),
        ({"card_quota": "12"}, 12),
        ({"card_quota": None}, None),
        ({"card_quota": "a few"}, None),
        ({"card_quota": 100}, None),
        ({"card_quota": 0, "card_code": None, "card_name": None, "card_number": None}, None),
    ],
)
def test_a_lump_sum_is_told_of_a_card_alone(told: dict[str, Any], months: int | None) -> None:
    """Contract 3: 0 is a lump sum; other methods send it as well."""
    assert read(payment(**told)).card_quota == months


@pytest.mark.parametrize(
    ("deposits", "name"),
    [
        ([{"depositor_name": "김입금", "deposited_at": 5, "amount": 100}], "김입금"),
        (
            [
                {"depositor_name": "나중", "deposited_at": 9},
                {"depositor_name": "먼저", "deposited_at": 5},
            ],
            "나중",
        ),
        ([{"depositor_name": "가" * 300}], "가" * 100),
        ([{"depositor_name": None}, "text", 7], ""),
        ([], ""),
        ({"depositor_name": "김입금"}, ""),
        (None, ""),
    ],
)
def test_the_depositor_is_who_paid_in_last(deposits: Any, name: str) -> None:
    """Contract 3.9."""
    assert read(payment(deposit_history=deposits)).depositor_name == name


def test_the_depositor_is_in_no_free_text() -> None:
    answer = read(
        payment(deposit_history=[{"depositor_name": "김입금"}], cancel_reason="김입금님 요청")
    )
    assert answer.cancel_reason == "***님 요청"


def test_free_text_names_nobody() -> None:
    row = payment(
        status="failed",
        buyer_name="김고객",
        fail_reason=f"김고객님 카드 {CARD}한도초과, 010-1234-5678 hong@example.com로 문의",
        cancel_history=[cancelled(reason="김고객 01012345678 변심")],
        name="김고객 앞 책 한 권",
    )
    answer = read(row)
    assert answer.fail_reason == "***님 카드 ***한도초과, *** ***로 문의"
    assert answer.cancel_history[0].reason == "*** *** 변심"
    assert answer.name == "*** 앞 책 한 권"


@pytest.mark.parametrize("response", [None, [], "text", 7, [payment()]])
def test_what_is_no_object_is_malformed(
    gateway: Gateway, client: IamportClient, response: object
) -> None:
    gateway.on("GET", "/payments/imp_1", envelope(response))
    with pytest.raises(Malformed):
        client.payment("imp_1")


# --- Lenient ----------------------------------------------------------------------------------


def test_only_the_required_fields_are_needed() -> None:
    answer = read({name: payment()[name] for name in REQUIRED})
    assert answer.pay_method == ""
    assert answer.paid_at == 0
    assert answer.card_type is None
    assert answer.cancel_history == ()


@pytest.mark.parametrize("odd", [None, [], {}, {"a": [1]}, "", "x", "\0", 1.5, -1, True, 10**15])
def test_no_optional_field_can_break_the_reading(odd: object) -> None:
    for name, kind in get_type_hints(GatewayPayment).items():
        if name in READERS:
            answer = read(payment(**{name: odd}))
            assert isinstance(getattr(answer, name), kind), name


def test_unknown_methods_statuses_and_fields_are_kept() -> None:
    answer = read(payment(status="pending", pay_method="moonpay", promotion={"id": "p"}, later=1))
    assert (answer.status, answer.pay_method) == ("pending", "moonpay")
    assert answer.raw["promotion"] == {"id": "p"}


@pytest.mark.parametrize(
    ("given", "seconds"),
    [
        (1_775_000_000, 1_775_000_000),
        (1_775_000_000.0, 1_775_000_000),
        ("1775000000", 1_775_000_000),
        ("1775000000.0", 1_775_000_000),
        (0, 0),
        (None, 0),
        ("", 0),
        ("soon", 0),
        (-5, 0),
        (1.5, 0),
        (True, 0),
        ("1e999999999", 0),
        (float("nan"), 0),
        (10**18, 0),
        ([], 0),
    ],
)
def test_times_are_unix_seconds_and_0_is_never(given: object, seconds: int) -> None:
    assert whole(given) == seconds


@pytest.mark.parametrize(
    ("given", "read_as"),
    [
        (None, ""),
        ("a", "a"),
        (30000123, "30000123"),
        ({"key": "값"}, '{"key": "값"}'),
        ("nul\0 and \ud800", "nul and ?"),
    ],
)
def test_text_is_text_and_fit_for_a_database(
    given: dict[str, Any] | int | str | None, read_as: str
) -> None:
    assert text(given) == read_as


# --- What is derived --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "awaiting"),
    [
        ({"status": "ready", "pay_method": "vbank", "vbank_num": "110-123"}, True),
        ({"status": "ready", "pay_method": "vbank", "vbank_num": None}, False),
        ({"status": "ready", "pay_method": "vbank", "vbank_num": ""}, False),
        ({"status": "ready", "pay_method": "card", "vbank_num": "110-123"}, False),
        ({"status": "paid", "pay_method": "vbank", "vbank_num": "110-123"}, False),
    ],
)
def test_a_deposit_is_awaited_only_if_an_account_was_issued(
    changes: dict[str, Any], awaiting: bool
) -> None:
    assert read(payment(**changes)).is_awaiting_deposit is awaiting


def test_the_repr_names_no_person_and_no_card() -> None:
    text = repr(read(payment(custom_data='{"note": "secret"}')))
    assert text == (
        "GatewayPayment(imp_uid='imp_448280090638', merchant_uid='order-1', "
        "status='paid', amount=12000, cancel_amount=0)"
    )
    assert CARD not in text


def test_a_payment_is_a_value() -> None:
    first, second = read(payment()), read(payment(unknown=1))
    assert first == second
    assert hash(first) == hash(second)
    with pytest.raises(dataclasses.FrozenInstanceError):
        first.amount = 1  # type: ignore[misc]  # what must fail

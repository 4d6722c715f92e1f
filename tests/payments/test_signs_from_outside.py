"""What turns the reading direction or is no sign reaches no page, timeline, log or file."""

import logging
import unicodedata
from typing import Any

import pytest
from django.core import mail
from django.test import Client

from accounts.models import User
from backoffice.logs import formatter
from payments.admin.shared.gateway_answer import gateway_answer
from payments.iamport.errors import clean as for_a_log
from payments.iamport.values import text
from payments.models import Discrepancy, Payment, PaymentEvent, Product
from payments.services import saved_views
from payments.services.discrepancies.mail import send_news
from payments.services.notes import add_note
from payments.services.verification.verify import verify
from payments.states import Source
from tests.gateway import SandboxGateway
from tests.payments.admin.conftest import LIST, SignIn, page_of, rows_of, sign_in, take, text_of
from tests.payments.builders import NOON

__all__ = ["sign_in"]

TURNED = "\u202e카드 한도\u2066 초과\u2069\x1a\x07\u200f"
SIGNS = set("\u202e\u2066\u2069\u200f\x1a\x07")
NFD = unicodedata.normalize("NFD", "홍길동")


def test_the_gateways_words_are_clean_wherever_they_go(
    payment: Payment, sandbox: SandboxGateway, finance: User, sign_in: SignIn
) -> None:
    sandbox.pay(payment.merchant_uid, 99_000, outcome="failed", reason=TURNED)
    verify(payment=payment, source=Source.BROWSER)
    payment.refresh_from_db()
    assert payment.status == "failed"
    assert payment.fail_reason == "카드 한도 초과"
    client: Client = sign_in(finance)
    assert SIGNS.isdisjoint(text_of(client.get(page_of(payment))))
    [row] = rows_of(take(client))
    assert SIGNS.isdisjoint("".join(row.values()))
    assert row["Reason of failure"] == "카드 한도 초과"


def test_an_order_number_of_anybodys_turns_no_page_about(
    payment: Payment, finance: User, sign_in: SignIn
) -> None:
    """Anybody can open a payment window with a number of their own: it is kept as it came."""
    number, imp_uid = f"2026{TURNED}", "imp_\u202e1"
    Payment.objects.filter(pk=payment.pk).update(merchant_uid=number, imp_uid=imp_uid)
    row = Discrepancy.objects.create(
        imp_uid=imp_uid, merchant_uid=number, found_at=NOON, seen_at=NOON
    )
    client = sign_in(finance)
    queue_url = "/admin/payments/discrepancy/"
    for url in (page_of(payment), LIST, queue_url, f"{queue_url}{row.pk}/change/", "/admin/"):
        shown = text_of(client.get(url))
        assert "2026카드 한도 초과" in shown
        assert SIGNS.isdisjoint(shown)
    assert Payment.objects.get(pk=payment.pk).merchant_uid == number


def test_nor_a_line_of_the_log_or_a_mail(db: None, settings: Any) -> None:
    record = logging.makeLogRecord({"msg": f"order {TURNED}", "levelname": "INFO"})
    for as_json in (True, False):
        assert SIGNS.isdisjoint(formatter(json=as_json).format(record))
    settings.DISCREPANCY_MAIL_TO = ["finance@example.com"]
    Discrepancy.objects.create(
        imp_uid="imp_\u202e1", merchant_uid=TURNED, found_at=NOON, seen_at=NOON
    )
    send_news()
    assert SIGNS.isdisjoint(mail.outbox[0].body)


def test_what_was_kept_before_is_shown_without_them(payment: Payment) -> None:
    answer = '{"name": "\\u202eab", "x\\u202e": {"y": "\\u0007"}, "\\u2066": null}'
    shown: Any = gateway_answer(PaymentEvent(payment=payment, answer=answer))
    assert SIGNS.isdisjoint(shown.raw + shown.empty + "".join(map("".join, shown.fields)))


def test_what_people_write_is_clean_and_spelt_in_one_way(
    payment: Payment, operator: User, product: Product
) -> None:
    assert add_note(payment=payment, actor=operator, text=f"{TURNED} {NFD}").note == (
        "카드 한도 초과 홍길동"
    )
    view = saved_views.keep(owner=operator, name=f"\u202e{NFD}", query="status=paid")
    assert view.name == "홍길동"
    operator.last_name, operator.email = f"\u202e{NFD}", f"{NFD}@example.com"
    operator.save()
    operator.refresh_from_db()
    assert (operator.last_name, operator.email) == ("홍길동", "홍길동@example.com")
    product.name = NFD + "\x00"
    product.save()
    product.refresh_from_db()
    assert product.name == "홍길동"


@pytest.mark.parametrize("sign", sorted(SIGNS | set("\x00\x85\u2028\u061c")))
def test_the_client_lets_none_of_them_through(sign: str) -> None:
    assert text(f"a{sign}b") == "ab"
    assert for_a_log(f"a{sign}b") == "a b"

"""The mail about new discrepancies: once for each, in Korean, and no person named."""

from datetime import timedelta
from smtplib import SMTPException
from typing import Any

import pytest
from django.core import mail
from django_tasks_db.models import DBTaskResult

from payments import tasks
from payments.iamport import GatewayPayment
from payments.models import Bucket, Discrepancy
from payments.services.discrepancies import mail as discrepancy_mail
from tests.payments.books import kept, told

TO = ["finance@example.com", "cfo@example.com"]


@pytest.fixture(autouse=True)
def _addresses(settings: Any, db: None) -> None:
    settings.DISCREPANCY_MAIL_TO = TO


def found(number: int, *buckets: Bucket) -> Discrepancy:
    return kept(None, answer(number), *(buckets or (Bucket.AMOUNT,)))


def agrees(number: int) -> None:
    kept(None, answer(number))


def answer(number: int) -> GatewayPayment:
    return told(
        imp_uid=f"imp_{number}",
        merchant_uid=f"order-{number}\nBcc: someone@example.com",
        amount=99_000,
        buyer_email="gildong@example.com",
    )


def test_what_is_new_is_mailed_once(settings: Any) -> None:
    settings.SITE_URL = "https://backoffice.example.com/"
    there = f"https://backoffice.example.com{discrepancy_mail.PATH}\n"
    found(1)
    found(2, Bucket.MISSING_HERE)
    assert discrepancy_mail.send_news() == 2
    assert discrepancy_mail.send_news() == 0
    message = mail.outbox[0]
    assert (len(mail.outbox), message.to) == (1, TO)
    assert "2건" in message.subject
    for words in ("금액 불일치: 1", "99,000원", "imp_1", "imp_2", there):
        assert words in message.body
    assert "buyer" not in message.body
    assert "order-1 Bcc: someone@example.com" in message.body


def test_one_that_differs_in_several_things_is_one_line_and_one_amount() -> None:
    found(1, Bucket.AMOUNT, Bucket.STATUS)
    assert discrepancy_mail.send_news() == 1
    message = mail.outbox[0]
    assert "1건" in message.subject
    assert "금액 불일치, 상태 불일치 · 99,000원" in message.body
    assert message.body.count("99,000원") == message.body.count("imp_1") == 1
    for words in ("금액 불일치: 1", "상태 불일치: 1"):
        assert words in message.body


def test_an_amount_in_another_currency_is_not_called_won() -> None:
    kept(None, told(merchant_uid="bought-abroad", amount=990, currency="USD"), Bucket.MISSING_HERE)
    discrepancy_mail.send_news()
    assert " · 990 USD · bought-abroad" in mail.outbox[0].body


def test_without_an_address_or_news_nothing_is_sent(settings: Any) -> None:
    assert discrepancy_mail.send_news() == 0
    found(1)
    settings.DISCREPANCY_MAIL_TO = []
    assert discrepancy_mail.send_news() == 0
    assert mail.outbox == []
    # Whoever is named later is told of it then.
    settings.DISCREPANCY_MAIL_TO = TO
    assert discrepancy_mail.send_news() == 1


def test_a_mail_that_was_not_handed_over_is_sent_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_arguments: Any) -> int:
        raise SMTPException("450 try again later")

    found(1)
    with monkeypatch.context() as patch:
        patch.setattr(discrepancy_mail, "send_mail", refused)
        with pytest.raises(SMTPException):
            discrepancy_mail.send_news()
    assert discrepancy_mail.send_news() == 1


def test_what_opens_again_is_news_and_what_is_closed_is_none() -> None:
    found(1)
    found(2)
    agrees(1)
    assert discrepancy_mail.send_news() == 1
    agrees(2)
    found(2)
    assert discrepancy_mail.send_news() == 1
    assert "재개" in mail.outbox[1].body


def test_a_long_list_is_cut_and_counted() -> None:
    for number in range(discrepancy_mail.LINES + 3):
        found(number)
    assert discrepancy_mail.send_news() == discrepancy_mail.LINES + 3
    assert mail.outbox[0].body.count("imp_") == discrepancy_mail.LINES
    assert "3건" in mail.outbox[0].body
    assert discrepancy_mail.send_news() == 0


def test_the_schedule_queues_it_every_five_minutes() -> None:
    job = next(job for job in tasks.SCHEDULE if job.name == "mail_discrepancies")
    # Two at once would mail the same news twice.
    assert (job.every, job.alone) == (timedelta(minutes=5), tasks.mail_discrepancies.module_path)
    job.enqueue()
    assert DBTaskResult.objects.ready().filter(task_path=tasks.mail_discrepancies.module_path)
    found(1)
    tasks.mail_discrepancies.call()
    assert len(mail.outbox) == 1

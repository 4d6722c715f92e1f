"""What waits for somebody: from which minute on, and that its words say the same."""

from datetime import datetime, timedelta

import pytest
from django.utils import translation

from accounts.models import User
from payments import conf
from payments.models import Payment, Product
from payments.selectors.payments.attention import STUCK_AFTER, Attention, needs
from tests.payments import builders

SECOND = timedelta(seconds=1)


def waits(reason: Attention, now: datetime) -> bool:
    return Payment.objects.filter(needs(reason, now=now)).exists()


def test_an_open_order_is_stuck_after_as_many_minutes_as_the_words_say(
    customer: User, product: Product
) -> None:
    opened = builders.ordered(customer, product).requested_at
    assert not waits(Attention.STUCK, opened + timedelta(minutes=30))
    assert waits(Attention.STUCK, opened + timedelta(minutes=30) + SECOND)


@pytest.mark.parametrize(
    ("language", "label"),
    [("en", "Not paid for more than 30 minutes"), ("ko", "30분 이상 미결제")],
)
def test_the_words_say_it_in_each_language(language: str, label: str) -> None:
    with translation.override(language):
        assert str(Attention.STUCK.label) == label


def test_the_sweep_asks_by_itself_about_what_is_called_stuck() -> None:
    assert conf.schedule().short_wait == STUCK_AFTER


def test_a_deposit_waits_for_a_day_before_it_is_due(customer: User, product: Product) -> None:
    due = builders.NOON + timedelta(days=3)
    builders.ordered(customer, product, pay_method="vbank", vbank_num="123", vbank_due=due)
    assert not waits(Attention.DEPOSIT_DUE, due - timedelta(hours=24))
    assert waits(Attention.DEPOSIT_DUE, due - timedelta(hours=24) + SECOND)
    assert not waits(Attention.STUCK, due)

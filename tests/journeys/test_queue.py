"""The queue of discrepancies is worked off in a real browser, in both languages: six of different
kinds one after the other without going back to the list, and several at once, with and without
JavaScript.
"""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from django.utils.translation import gettext, pgettext
from playwright.sync_api import Page, expect

from accounts.models import User
from accounts.roles import sync_roles
from payments.core.kst import day_of, start_of
from payments.models import Bucket, Discrepancy, Product
from tests.gateway import SandboxGateway
from tests.payments import builders
from tests.payments.books import mirror, missing_here, reconciled

from .conftest import Walk, press

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

QUEUE = "/admin/payments/discrepancy/"
WORDS = "포트원 콘솔에서 확인 후 처리했습니다"
# The largest amount first, as `six_kinds` has them.
BY_AMOUNT = "o=-5"


@pytest.fixture
def six_kinds(sandbox: SandboxGateway, transactional_db: None) -> str:
    """Yesterday, reconciled: the imp_uid of what was approved a second time."""
    sync_roles()
    yesterday = day_of(timezone.now()) - timedelta(days=1)
    noon = start_of(yesterday) + timedelta(hours=12)
    product = Product.objects.create(slug="premium", name="Devket 프리미엄", price=99_000)
    buyer = User.objects.create_user("buyer", "buyer@example.com")
    twice, refunded, over, gone, abroad = (
        builders.paid(buyer, product, at=noon + timedelta(minutes=number), amount=amount)
        for number, amount in enumerate((500_000, 400_000, 300_000, 200_000, 100_000))
    )
    at = int(noon.timestamp())
    changes: dict[int, dict[str, Any]] = {
        refunded.pk: {"outcome": "cancelled", "cancel_amount": 50_000, "cancelled_at": at + 600},
        over.pk: {"amount": 301_000},
        abroad.pk: {"currency": "USD"},
    }
    mirror(sandbox, [twice, refunded, over, abroad], changes)
    sandbox.pay("never-ordered", 600_000, paid_at=at)
    second = sandbox.pay(twice.merchant_uid, twice.amount, paid_at=at + 60, ignore_prepare=True)
    reconciled(yesterday)
    assert gone.imp_uid
    return str(second["imp_uid"])


def expect_case(page: Page, bucket: Bucket) -> None:
    """The page of one of this kind, with what to do."""
    expect(page.locator(".payment-head .states")).to_contain_text(str(bucket.label))
    expect(page.locator("#next-steps li")).not_to_have_count(0)


def close(page: Page, reason: str) -> None:
    page.locator("#close summary").click()
    page.locator("#close [name=reason]").select_option(reason)
    page.locator("#close [name=text]").fill(WORDS)
    press(page, pgettext("discrepancy button", "Close"))
    expect(page.locator(".messagelist")).to_contain_text(gettext("The discrepancy is closed."))


def re_verify(page: Page) -> None:
    """It closes by itself, and one goes on."""
    press(page, gettext("Re-verify"))
    expect(page.locator(".payment-head .states")).to_contain_text(gettext("Closed by itself"))
    page.get_by_role("link", name=gettext("Next"), exact=True).click()


def test_six_kinds_are_worked_off_one_after_the_other(
    walk: Walk, six_kinds: str, sandbox: SandboxGateway
) -> None:
    page = walk("Operator", f"{QUEUE}?{BY_AMOUNT}")
    expect(page.locator("#result_list tbody tr")).to_have_count(6)
    page.locator("#result_list tbody tr").first.get_by_role("link").click()

    expect_case(page, Bucket.MISSING_HERE)
    asked = gettext("An approver can take it in as a payment. Hand it to one.")
    expect(page.locator("#next-steps")).to_contain_text(asked)
    close(page, "accepted")

    expect_case(page, Bucket.DOUBLE_APPROVAL)
    expect(page.locator("#next-steps")).to_contain_text(six_kinds)
    sandbox.cancel(six_kinds)
    re_verify(page)

    expect_case(page, Bucket.REFUND)
    re_verify(page)

    expect_case(page, Bucket.AMOUNT)
    press(page, gettext("Take over"))
    expect(page.locator(".facts")).to_contain_text("operator@example.com")
    close(page, "corrected_there")

    expect_case(page, Bucket.MISSING_THERE)
    press(page, gettext("Re-verify"))
    unknown = gettext("The gateway knows no such payment. Nothing was changed.")
    expect(page.locator(".messagelist")).to_contain_text(unknown)
    close(page, "other")

    expect_case(page, Bucket.CURRENCY)
    close(page, "corrected_there")
    nothing_left = gettext("No more discrepancies are open on this list.")
    expect(page.locator(".messagelist")).to_contain_text(nothing_left)
    expect(page).to_have_url(f"{page.url.partition(QUEUE)[0]}{QUEUE}?{BY_AMOUNT}")
    reasons = dict(Discrepancy.objects.values_list("lines__bucket", "closing_reason"))
    assert reasons == {
        "missing_here": "accepted",
        "double_approval": "agrees",
        "refund": "agrees",
        "amount": "corrected_there",
        "missing_there": "other",
        "currency": "corrected_there",
    }


@pytest.mark.parametrize("scripts", [True, False], ids=["", "no scripts"])
def test_several_are_ticked_and_closed_at_once(
    walk: Walk, transactional_db: None, scripts: bool
) -> None:
    sync_roles()
    rows = [missing_here(f"imp_{number}", f"order-{number}") for number in (1, 2, 3)]
    page = walk("Operator", QUEUE, scripts=scripts)
    for row in rows[:2]:
        page.locator(f"[name=_selected_action][value='{row.pk}']").check()
    page.locator(".bulk-close summary").click()
    page.locator(".bulk-close [name=reason]").select_option("accepted")
    press(page, pgettext("discrepancy button", "Close"))

    # The text is missing: it is asked for, and the ticks stay.
    expect(page.locator(".ticked li")).to_have_count(2)
    page.locator("[name=text]").fill(WORDS)
    press(page, pgettext("discrepancy button", "Close"))
    done = pgettext("bulk", "Closed")
    expect(page.locator(".results tbody tr")).to_contain_text([done, done])
    page.get_by_role("link", name=gettext("Back to the list")).click()
    expect(page.locator("#result_list tbody tr")).to_have_count(1)
    assert Discrepancy.objects.filter(is_open=False, closing_reason="accepted").count() == 2

"""A verification run from the list to a difference, in a real browser and in both languages."""

from typing import Any

import pytest
from django.utils.translation import gettext
from playwright.sync_api import Page, expect

from accounts.models import User
from accounts.roles import sync_roles
from benchmarks.datasets import paid_payments
from payments.models import ItemOutcome, Payment, Product, RunStatus, VerificationRun
from payments.services.ledger_audit import audit
from payments.services.verification_runs import claims, worker
from tests.gateway import SandboxGateway

from .conftest import LIST, Walk, press

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# The next time that the page asks, on a busy machine.
SOON = 8_000


@pytest.fixture
def wrong(sandbox: SandboxGateway, transactional_db: None) -> Payment:
    """Sixty paid payments, of which the gateway has one over another amount: that one."""
    sync_roles()
    product = Product.objects.create(slug="premium", name="Devket 프리미엄", price=99_000)
    buyer = User.objects.create_user("buyer", "buyer@example.com")
    [payments] = paid_payments.write(user=buyer, product=product, count=60)
    paid_payments.post_to_gateway(sandbox.control, payments[1:])
    paid_payments.post_to_gateway(sandbox.control, payments[:1], amount=100)
    return payments[0]


def select_all(page: Page) -> None:
    page.locator("#action-toggle").check()
    words = gettext("Select all %(total)s payments") % {"total": 60}
    page.get_by_role("button", name=words).click()
    page.locator("select[name=action]").select_option("reverify")
    page.locator("button[name=index]").click()


def badge(page: Page) -> Any:
    return page.locator(".run-title .badge")


def test_all_of_a_filter_are_asked_about_paused_resumed_and_watched_to_the_end(
    walk: Walk,
    wrong: Payment,
    sandbox: SandboxGateway,
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
    impatient: None,
) -> None:
    page = walk("Operator", f"{LIST}?status=paid")
    select_all(page)
    expect(page.locator(".start-number strong")).to_have_text("60")
    assert sandbox.calls()["total"] == 0
    press(page, gettext("Start the run"))

    expect(badge(page)).to_have_text(str(RunStatus.WAITING.label))
    press(page, gettext("Pause"))
    expect(badge(page)).to_have_text(str(RunStatus.PAUSED.label))
    run = VerificationRun.objects.get()
    assert worker.work(run_id=run.pk, seconds=1) is None
    press(page, gettext("Resume"))
    expect(badge(page)).to_have_text(str(RunStatus.RUNNING.label))
    expect(page.locator(".run-percent")).to_have_text("0%")

    # A worker does a third, and the page sees it without being asked to.
    monkeypatch.setattr(claims, "IDS_PER_CALL", 20)
    settings.RUN_PARALLEL_CALLS = 1
    # On a busy machine so short a turn may be over before it has begun.
    while not run.items.exclude(outcome=ItemOutcome.WAITING).exists():
        assert worker.work(run_id=run.pk, seconds=0.001) == 0
    expect(page.locator(".run-percent")).to_have_text("33%", timeout=SOON)
    expect(page.locator("#run-news")).to_contain_text("30%")
    assert worker.work(run_id=run.pk, seconds=20) is None
    expect(badge(page)).to_have_text(str(RunStatus.DONE.label), timeout=SOON)
    expect(page.locator(".run-percent")).to_have_text("100%")
    expect(page.locator("[hx-get]")).to_have_count(0)

    expect(page.locator("#outcome-agrees .number")).to_have_text("59")
    page.locator("#outcome-differs").click()
    expect(page.locator("#results-title")).to_contain_text(str(ItemOutcome.DIFFERS.label))
    page.get_by_role("link", name=wrong.merchant_uid).click()
    expect(page.locator("#comparison, .columns").first).to_contain_text("100")
    assert list(audit()) == []


def test_without_javascript_reloading_shows_how_far_it_is(walk: Walk, wrong: Payment) -> None:
    page = walk("Operator", f"{LIST}verify/?status=paid", scripts=False)
    press(page, gettext("Start the run"))
    run = VerificationRun.objects.get()
    worker.work(run_id=run.pk, seconds=20)
    page.get_by_role("link", name=gettext("Reload to see how far it is.")).click()
    expect(badge(page)).to_have_text(str(RunStatus.DONE.label))
    expect(page.locator(".run-percent")).to_have_text("100%")

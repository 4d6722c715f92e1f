"""A finance person's morning in a real browser, in both languages: yesterday is reconciled, what
does not agree is worked off, and what was put right closes by itself.
"""

from dataclasses import dataclass
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from accounts.models import User
from accounts.roles import sync_roles
from payments.kst import day_of, start_of
from payments.models import Discrepancy, Payment, Product, ReconciliationRun
from tests.browser import Watch
from tests.gateway import SandboxGateway
from tests.payments import builders
from tests.payments.books import ended, mirror

from .test_staff import person, sign_in_at

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

RUNS = "/admin/payments/reconciliationrun/"
QUEUE = "/admin/payments/discrepancy/"


@dataclass(frozen=True)
class Words:
    """What stands on the screens in one language."""

    language: str
    reconcile: str
    yesterday: str
    start: str
    for_worker: str
    found: str
    amount: str
    refund: str
    take_over: str
    close_: str
    close: str
    closed: str
    verify: str
    by_itself: str
    nothing: str


ENGLISH = Words(
    language="en",
    reconcile="Reconcile…",
    yesterday="Yesterday",
    start="Start the reconciliation",
    for_worker="It starts as soon as a worker is free.",
    found="2 discrepancies.",
    amount="₩1,000 less at the gateway",
    refund="₩50,000 more refunded at the gateway",
    take_over="Take over",
    close_="Close…",
    close="Close",
    closed="The discrepancy is closed.",
    verify="Re-verify",
    by_itself="Closed by itself",
    nothing="Nothing is open",
)
KOREAN = Words(
    language="ko",
    reconcile="거래대사 실행…",
    yesterday="어제",
    start="거래대사 시작",
    for_worker="작업 프로세스가 비는 대로 시작합니다.",
    found="불일치 2건.",
    amount="포트원이 1,000원 적음",
    refund="포트원 취소금액이 50,000원 많음",
    take_over="내가 담당",
    close_="종결…",
    close="종결",
    closed="불일치를 종결했습니다.",
    verify="재검증",
    by_itself="자동 종결",
    nothing="미해결 불일치가 없습니다",
)


@pytest.fixture
def yesterday(sandbox: SandboxGateway, transactional_db: None) -> list[Payment]:
    """Three payments; the gateway has another amount for the first and a refund of the second."""
    sync_roles()
    noon = start_of(day_of(timezone.now()) - timedelta(days=1)) + timedelta(hours=12)
    product = Product.objects.create(slug="premium", name="Devket 프리미엄", price=99_000)
    buyer = person("buyer")
    payments = [builders.paid(buyer, product, at=noon + timedelta(hours=n)) for n in range(3)]
    refund = {"outcome": "cancelled", "cancel_amount": 50_000}
    refund |= {"cancelled_at": int(payments[1].paid_at.timestamp()) + 60}
    mirror(sandbox, payments, {payments[0].pk: {"amount": 98_000}, payments[1].pk: refund})
    return payments


def in_language(words: Words) -> None:
    User.objects.update(language=words.language)


@pytest.mark.parametrize("words", [ENGLISH, KOREAN], ids=["en", "ko"])
def test_yesterday_is_reconciled_and_worked_off(
    page: Page,
    browser: Browser,
    base_url: str,
    watch: Watch,
    yesterday: list[Payment],
    words: Words,
) -> None:
    finance, operator = person("finance", group="Finance"), person("operator", group="Operator")
    in_language(words)
    sign_in_at(watch.over(page), finance, RUNS)

    page.get_by_role("link", name=words.reconcile).click()
    page.get_by_role("link", name=words.yesterday).click()
    page.get_by_role("button", name=words.start).click()
    expect(page.locator(".run-sentence")).to_have_text(words.for_worker)
    run = ReconciliationRun.objects.get()
    assert run.requested_by == finance
    ended(run)
    # The page finds out by itself.
    expect(page.locator(".run-sentence")).to_have_text(words.found, timeout=10_000)
    expect(page.locator(".run-percent")).to_contain_text("100")

    page.locator("#bucket-amount").click()
    expect(page.locator("#result_list tbody tr")).to_have_count(1)
    page.goto(QUEUE)
    expect(page.locator(".field-difference")).to_have_text([words.refund, words.amount])
    page.locator("#result_list tr", has_text=words.amount).get_by_role("link").click()
    page.get_by_role("button", name=words.take_over).click()
    expect(page.locator(".facts")).to_contain_text(str(finance))
    page.locator("#close summary", has_text=words.close_).click()
    page.locator("#close [name=reason]").select_option("corrected_there")
    page.locator("#close [name=text]").fill("포트원에 정정을 요청해 처리됨")
    page.locator("#close").get_by_role("button", name=words.close, exact=True).click()
    expect(page.locator(".messagelist")).to_contain_text(words.closed)
    expect(page.locator(".timeline")).to_contain_text("포트원에 정정을 요청해 처리됨")

    with browser.new_context(base_url=base_url) as context:
        theirs = watch.over(context.new_page())
        sign_in_at(theirs, operator, QUEUE)
        theirs.locator("#result_list tr", has_text=words.refund).get_by_role("link").click()
        theirs.get_by_role("button", name=words.verify).click()
        expect(theirs.locator(".states")).to_contain_text(words.by_itself)
        theirs.goto("about:blank")

    page.goto(QUEUE)
    expect(page.locator(".nothing")).to_contain_text(words.nothing)
    page.goto(f"{QUEUE}?state=closed")
    expect(page.locator("#result_list")).to_contain_text(words.by_itself)
    reasons = dict(Discrepancy.objects.values_list("bucket", "closing_reason"))
    assert reasons == {"amount": "corrected_there", "refund": "agrees"}
    page.goto("about:blank")

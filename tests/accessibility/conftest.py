"""Every screen with something on it, and somebody who may see them all."""

from datetime import date, timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.webauthn.internal.auth import WebAuthn
from django.contrib.auth.models import Group
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from accounts.models import User
from accounts.roles import sync_roles
from payments import tasks
from payments.core.kst import day_of
from payments.models import (
    AccessKind,
    ClosingReason,
    DailyClose,
    DeliveryOutcome,
    Discrepancy,
    ItemOutcome,
    Payment,
    Product,
    ReconciliationRun,
    VerificationRun,
    Worker,
)
from payments.services import saved_views, webhooks
from payments.services.access_log import record_access
from payments.services.background import workers
from payments.services.daily_close.close import close_day
from payments.services.discrepancies import queue
from payments.services.verification_runs import control
from payments.states import Verification
from tests.accounts.factors import has_app
from tests.conftest import PASSWORD
from tests.payments import books, builders


@pytest.fixture(scope="session")
def base_url(live_server: Any) -> str:
    """Addresses in the tests are the product's own."""
    return str(live_server.url)


@pytest.fixture
def admin(transactional_db: None) -> User:
    """Staff who see every screen, and who have ordered something themselves."""
    sync_roles()  # a test that empties the tables takes the groups with it
    user = User.objects.create_user("kim", "kim@example.com", PASSWORD, is_staff=True)
    user.groups.add(Group.objects.get(name="Admin"))
    return user


@pytest.fixture
def passkey(admin: User) -> int:
    """The passkey of `keys`, whose address is not confirmed; `app` has an app for a factor."""
    app, keys = (
        User.objects.create_user(name, f"{name}@example.com", PASSWORD) for name in ("app", "keys")
    )
    for user in (admin, app, keys):
        EmailAddress.objects.create(
            user=user, email=user.email, primary=True, verified=user != keys
        )
    has_app(app)
    RecoveryCodes.activate(app)
    key = WebAuthn.add(keys, "휴대폰", {"clientExtensionResults": {"credProps": {"rk": True}}})
    return int(key.instance.pk)


@pytest.fixture
def screens(admin: User, passkey: int, settings: Any) -> dict[str, str]:
    """Name and address of each screen; the "public" ones are looked at without signing in.

    `as/`, `open/` and their like are the product's pages too: see `probes`.
    """
    settings.ROOT_URLCONF = "tests.accessibility.probes"
    product = Product.objects.create(
        slug="premium", name="Devket 프리미엄", price=99_000, description="읽을거리 저장"
    )
    paid, open_order, refunded, failed = _payments(admin, product)
    delivery = webhooks.receive(body=b'{"imp_uid": "imp_1"}', content_type="", remote_address=None)
    type(delivery).objects.update(outcome=DeliveryOutcome.FAILED)
    access = record_access(
        actor=admin, kind=AccessKind.VIEWED, reason="환불 문의 확인", unmasked=True, payment=paid
    )
    saved_views.keep(owner=admin, name="포트원과 다른 결제", query="verification=mismatched")
    payments, closes = "/admin/payments/payment", "/admin/payments/dailyclose"
    close, day = _drifted_close(admin, product)
    gone = builders.refund_gone(admin, product, refund=9_000)
    run = _paused_run(admin)
    runs_ = "/admin/payments/verificationrun"
    seen = f"/seen/{admin.username}{payments}"
    compared, differs, alone, closed = _differences(admin, paid)
    return {
        "public sign-in": "/accounts/login/",
        "public sign-up": "/accounts/signup/",
        "public password forgotten": "/accounts/password/reset/",
        "public products": "/",
        "public product": "/products/premium/",
        "public page not found": "/nowhere/",
        "public password mail sent": "/accounts/password/reset/done/",
        "public password link is stale": "/accounts/password/reset/key/1-stale/",
        "public new password": "/new-password/",
        "public new password set": "/accounts/password/reset/key/done/",
        "public code from the mail": "/code/keys/",
        "public account is closed": "/accounts/inactive/",
        "public second factor at sign-in": "/code/app/",
        "public social sign-in": "/page/socialaccount/login.html",
        "public social sign-in, address taken": "/page/socialaccount/email_taken.html",
        "public social sign-in, cancelled": "/accounts/3rdparty/login/cancelled/",
        "public social sign-in, failed": "/page/socialaccount/authentication_error.html",
        "public forbidden": "/error/403/",
        "public too many attempts": "/error/429/",
        "public error of ours": "/error/500/",
        "forbidden": "/error/403/",
        "request not read": "/error/400/",
        "form not sent": "/error/419/",
        "product": "/products/premium/",
        "my payments": "/payments/",
        "my payment, paid": f"/payments/{paid.merchant_uid}/",
        "my payment, open": f"/payments/{open_order.merchant_uid}/",
        "my payment, refunded": f"/payments/{refunded.merchant_uid}/",
        "my payment, failed": f"/payments/{failed.merchant_uid}/",
        "settings": "/accounts/settings/",
        "e-mail addresses": "/accounts/email/",
        "sign out": "/accounts/logout/",
        "password again": "/accounts/reauthenticate/",
        "new password": "/accounts/password/change/",
        "connected accounts": "/accounts/3rdparty/",
        "devices": "/accounts/sessions/",
        "second factor is needed": "/accounts/second-factor/",
        "second factor, none": "/accounts/2fa/",
        "second factor, app": "/as/app/accounts/2fa/",
        "set the app up": f"/as/{admin.username}/accounts/2fa/totp/activate/",
        "turn the app off": "/as/app/accounts/2fa/totp/deactivate/",
        "code again": "/as/app/accounts/2fa/reauthenticate/",
        "recovery codes": "/as/app/accounts/2fa/recovery-codes/",
        "new recovery codes": "/as/app/accounts/2fa/recovery-codes/generate/",
        "passkeys": "/as/keys/accounts/2fa/webauthn/",
        "passkeys, none": "/as/app/accounts/2fa/webauthn/",
        "add a passkey": "/as/app/accounts/2fa/webauthn/add/",
        "rename a passkey": f"/as/keys/accounts/2fa/webauthn/keys/{passkey}/edit/",
        "remove a passkey": f"/as/keys/accounts/2fa/webauthn/keys/{passkey}/remove/",
        "dashboard": "/admin/",
        "dashboard of a quarter": "/admin/?period=90d",
        "list": f"{payments}/",
        "list, filtered": f"{payments}/?status=paid&basis=paid&period=30d&q=kim",
        "list, not understood": f"{payments}/?status=bogus&from=x",
        "list, not understood, its panels": f"{payments}/?_filters=1&status=bogus&from=x",
        "list, of a customer and not understood": f"{payments}/?status=bogus&user={admin.pk}",
        "totals of the list": f"{payments}/totals/",
        "list, empty": f"{payments}/?amount_min=900000000",
        "payment": f"{payments}/{paid.pk}/change/",
        "payment, open": f"{payments}/{open_order.pk}/change/",
        "payment, refunded": f"{payments}/{refunded.pk}/change/",
        "payment whose refund is gone": f"{payments}/{gone.pk}/change/",
        "change of refunds": f"{payments}/{gone.pk}/refund-change/",
        "mark failed": f"{payments}/mark-failed/?id={open_order.pk}&id={paid.pk}",
        "list, unfolded": f"/open/{admin.username}{payments}/?_filters=0",
        "list, personal data shown": f"{seen}/",
        "payment, unfolded": f"/open/{admin.username}{payments}/{paid.pk}/change/",
        "payment, personal data shown": f"{seen}/{paid.pk}/change/",
        "totals": f"{payments}/totals/",
        "export": f"{payments}/export/",
        "accesses to personal data": "/admin/payments/personaldataaccess/",
        "access to personal data": f"/admin/payments/personaldataaccess/{access.pk}/change/",
        "export, filtered": f"{payments}/export/?status=paid",
        "export of ticked payments": f"{payments}/export/?id={paid.pk}",
        "start a run": f"{payments}/verify/?status=paid",
        "start a run over nothing": f"{payments}/verify/?amount_min=900000000",
        "movements": "/admin/payments/movement/",
        "movements, filtered": "/admin/payments/movement/?kind=refund&attempt=own&period=30d",
        "totals of movements": "/admin/payments/movement/totals/",
        "movements, a panel": "/admin/payments/movement/?_filters=2&kind=refund",
        "movements, not understood": "/admin/payments/movement/?kind=x",
        "export of movements": "/admin/payments/movement/export/?kind=refund",
        "runs": f"{runs_}/",
        "runs, none": f"{runs_}/?status=stopped",
        "run": f"{runs_}/{run.pk}/change/",
        "run, what is still to do": f"{runs_}/{run.pk}/change/?outcome=waiting",
        "export of a run": f"{runs_}/{run.pk}/export/",
        "background work": "/admin/payments/worker/",
        "reconciliations": "/admin/payments/reconciliationrun/",
        "reconcile": "/admin/payments/reconciliationrun/start/",
        "reconciliation": f"/admin/payments/reconciliationrun/{compared.pk}/change/",
        "differences in won": f"/admin/payments/reconciliationrun/{compared.pk}/lines/",
        "discrepancies": "/admin/payments/discrepancy/",
        "discrepancies, filtered": "/admin/payments/discrepancy/?state=all&bucket=amount&age=1",
        "discrepancies, a panel": "/admin/payments/discrepancy/?_filters=3&owner=me",
        "discrepancies, not understood": "/admin/payments/discrepancy/?age=x",
        "close ticked discrepancies": f"/ticked/{admin.username}/close_ticked/",
        "what came of ticked discrepancies": f"/ticked/{admin.username}/assign_ticked/",
        "export of discrepancies": "/admin/payments/discrepancy/export/",
        "discrepancy": f"/admin/payments/discrepancy/{differs.pk}/change/",
        "discrepancy, one side only": f"/admin/payments/discrepancy/{alone.pk}/change/",
        "discrepancy, closed": f"/admin/payments/discrepancy/{closed.pk}/change/",
        "close a discrepancy": f"/admin/payments/discrepancy/{differs.pk}/close/",
        "inbox": "/admin/payments/webhookdelivery/",
        "delivery": f"/admin/payments/webhookdelivery/{delivery.pk}/change/",
        "closes": f"{closes}/",
        "closes that drifted": f"{closes}/?drift=learnt",
        "closes, empty": f"{closes}/?day__year=2001",
        "closed day": f"{closes}/{close.pk}/change/",
        "close a day": f"{closes}/close/",
        "close a day too early": f"{closes}/close/?day={day + timedelta(days=9)}",
        "daily statement": f"{closes}/statement/day/?day={day}",
        "monthly statement": f"{closes}/statement/month/?month={day:%Y-%m}",
        "products in the admin": "/admin/payments/product/",
        "add a product": "/admin/payments/product/add/",
        "product in the admin": f"/admin/payments/product/{product.pk}/change/",
        "history of a product": f"/admin/payments/product/{product.pk}/history/",
        "looks at personal data": "/admin/payments/personaldataaccess/",
        "look at personal data": f"/admin/payments/personaldataaccess/{access.pk}/change/",
        "people": "/admin/accounts/user/",
        "add a person": "/admin/accounts/user/add/",
        "person": f"/admin/accounts/user/{admin.pk}/change/",
        "password of a person": f"/admin/accounts/user/{admin.pk}/password/",
        "history of a person": f"/admin/accounts/user/{admin.pk}/history/",
        "groups": "/admin/auth/group/",
        "group": f"/admin/auth/group/{admin.groups.get().pk}/change/",
        "screens of payments": "/admin/payments/",
        "change password": "/admin/password_change/",
    }


def _payments(user: User, product: Product) -> tuple[Payment, Payment, Payment, Payment]:
    now = timezone.now()
    builders.found(builders.paid(user, product, at=now), Verification.MISMATCHED)
    builders.ordered(user, product, at=now - timedelta(days=2), vbank_num="110-1", vbank_due=now)
    return (
        builders.paid(user, product, at=now - timedelta(days=1)),
        builders.ordered(user, product, at=now - timedelta(hours=3)),
        builders.refunded(user, product, refund=9_000, at=now - timedelta(days=3)),
        builders.failed(user, product, at=now - timedelta(days=4)),
    )


def _paused_run(user: User) -> VerificationRun:
    """A run with something of everything, a worker that fell silent, a task that failed."""
    run = control.start(
        payments=Payment.objects.all(),
        query="status=paid",
        actor=user,
        enqueue=lambda pk: tasks.rescue.enqueue(),
    )
    control.pause(run=run)
    items = list(run.items.order_by("pk"))
    for item, outcome in zip(items[:-1], ItemOutcome.values[1:], strict=False):
        now = timezone.now()
        values = {"findings": "amount", "error": "GET /payments: HTTP 502", "settled_at": now}
        run.items.filter(pk=item.pk).update(outcome=outcome, **values)
    workers.heartbeat(worker_id="w1", host="shop-1", pid=4711)
    Worker.objects.update(seen_at=timezone.now() - timedelta(minutes=9))
    task = DBTaskResult.objects.latest("enqueued_at")
    task.claim("w1")
    task.set_failed(ValueError("no such row"))
    return run


def _drifted_close(user: User, product: Product) -> tuple[DailyClose, date]:
    """A closed day of which more was learnt since, with a day after it that is not closed."""
    at = timezone.now() - timedelta(days=2)
    payment = builders.refund_of(builders.paid(user, product, at=at), 100, at=at)
    builders.approved_again(payment, at=at)
    builders.approved_as_a_test(user, product, at=at)
    close = close_day(day=day_of(at), actor=user)
    builders.refund_of(payment, 300, at=at)
    builders.paid(user, product, at=at)
    return close, close.day


def _differences(
    user: User, payment: Payment
) -> tuple[ReconciliationRun, Discrepancy, Discrepancy, Discrepancy]:
    """A run that works, what differs, what only the gateway has, and what a person closed."""
    run = books.begun()
    ReconciliationRun.objects.filter(pk=run.pk).update(
        counts={"ours": 3, "theirs": 4, "amount": 1, "moved": 1, "unknown": 1},
        moved=[payment.imp_uid],
        unknown=["imp_1"],
    )
    differs, alone = books.filed(payment), books.missing_here("imp_1", "order-1")
    closed = queue.close(
        discrepancy=books.missing_here("imp_2", "order-2"),
        actor=user,
        reason=ClosingReason.ACCEPTED,
        text="은행에 확인했습니다",
        expected_version=1,
    )
    return run, differs, alone, closed

"""Who may pass which door of the admin: one readable table, closed by default.

A line says who may GET an address and what it answers them, and who may POST to it (an empty form)
and what that answers; every other member of staff gets 403, everybody else is sent to sign in. The
test takes the addresses from the URL resolver, so a new address fails until it has its line here,
and a new action until it has its own.
"""

from dataclasses import dataclass
from typing import Any

import pytest

NOBODY: frozenset[str] = frozenset()
ROOT = frozenset({"superuser"})
MANAGE = ROOT | {"admin_person"}
TAKE = MANAGE | {"finance"}
ACT = MANAGE | {"operator", "approver"}
STAFF = ACT | TAKE | {"viewer"}
# Discrepancies are worked off by whoever takes or acts; what is missing here is taken in by few.
WORK = ACT | TAKE
TAKE_IN = MANAGE | {"approver"}
PEOPLE = ("anonymous", "customer", *sorted(STAFF))


@dataclass(frozen=True)
class Door:
    """`posts` and `post` are those of GET where nothing else is said."""

    opens: frozenset[str]
    get: int = 200
    posts: frozenset[str] | None = None
    post: int | None = None

    def answer(self, method: str, who: str) -> int:
        """The expected status for a member of staff."""
        if method == "get":
            return self.get if who in self.opens else 403
        posts = self.opens if self.posts is None else self.posts
        return (self.get if self.post is None else self.post) if who in posts else 403


def screen(
    name: str,
    *,
    look: frozenset[str],
    add: frozenset[str] = NOBODY,
    change: frozenset[str] = NOBODY,
    delete: frozenset[str] = NOBODY,
) -> dict[str, Door]:
    """The addresses that Django gives every model."""
    return {
        f"{name}_changelist": Door(look),
        f"{name}_add": Door(add),
        f"{name}_history": Door(look),
        f"{name}_delete": Door(delete),
        f"{name}_change": Door(look, posts=change),
    }


DOORS: dict[str, Door] = {
    # Django's own
    "index": Door(STAFF),
    "app_list": Door(STAFF),
    "login": Door(STAFF, get=302),
    "logout": Door(STAFF, get=302, post=200),
    "password_change": Door(STAFF),
    "password_change_done": Door(STAFF, post=405),
    "jsi18n": Door(STAFF, post=405),
    "autocomplete": Door(NOBODY, posts=STAFF, post=405),
    "view_on_site": Door(STAFF, get=404),
    "<unknown>": Door(STAFF, get=404),
    "<model>/<object_id>/": Door(STAFF, get=302),  # to the change page, which is guarded itself
    # Payments
    **screen("payments_payment", look=STAFF),
    "payments_payment_filters": Door(STAFF, get=302, post=405),
    "payments_payment_totals": Door(STAFF),
    "payments_payment_customers": Door(STAFF),
    "payments_payment_save_view": Door(STAFF, get=302),
    "payments_payment_delete_view": Door(STAFF, get=302),
    "payments_payment_verify": Door(ACT, get=302),
    "payments_payment_verify_row": Door(ACT, get=302, post=200),
    "payments_payment_note": Door(ACT, get=302),
    "payments_payment_erase": Door(MANAGE, get=302),
    "payments_payment_mark_failed": Door(ACT),
    "payments_payment_export": Door(TAKE),
    "payments_payment_start_run": Door(ACT, post=302),
    "payments_payment_unmask": Door(TAKE, get=302),
    "payments_payment_mask": Door(TAKE, get=302),
    **screen("payments_movement", look=STAFF),
    "payments_movement_filters": Door(STAFF, get=302, post=405),
    "payments_movement_export": Door(TAKE),
    "payments_movement_totals": Door(STAFF),
    **screen("payments_verificationrun", look=STAFF),
    "payments_verificationrun_progress": Door(STAFF, get=302),
    "payments_verificationrun_results": Door(STAFF, get=302),
    "payments_verificationrun_pause": Door(ACT, get=302),
    "payments_verificationrun_resume": Door(ACT, get=302),
    "payments_verificationrun_stop": Door(ACT, get=302),
    "payments_verificationrun_again": Door(ACT, get=302),
    "payments_verificationrun_export": Door(TAKE),
    **screen("payments_worker", look=ACT),
    "payments_payment_refund_change": Door(TAKE_IN, get=302),  # no refund is gone
    "payments_payment_customer": Door(TAKE_IN, get=302),  # it has a customer
    **screen("payments_webhookdelivery", look=STAFF),
    "payments_webhookdelivery_replay": Door(ACT, get=302),
    **screen("payments_dailyclose", look=STAFF),
    "payments_dailyclose_close": Door(TAKE, post=302),
    "payments_dailyclose_daily": Door(STAFF, post=405),
    "payments_dailyclose_monthly": Door(STAFF, post=405),
    "payments_dailyclose_daily_csv": Door(TAKE, get=302),
    "payments_dailyclose_monthly_csv": Door(TAKE, get=302),
    # What does not agree
    **screen("payments_reconciliationrun", look=STAFF),
    "payments_reconciliationrun_start": Door(TAKE),
    "payments_reconciliationrun_lines": Door(STAFF, post=405),
    "payments_reconciliationrun_progress": Door(STAFF, get=302),
    "payments_reconciliationrun_pause": Door(TAKE, get=302),
    "payments_reconciliationrun_resume": Door(TAKE, get=302),
    "payments_reconciliationrun_stop": Door(TAKE, get=302),
    **screen("payments_discrepancy", look=STAFF),
    "payments_discrepancy_filters": Door(STAFF, get=302, post=405),
    "payments_discrepancy_people": Door(STAFF),
    "payments_discrepancy_own": Door(WORK, get=302),
    "payments_discrepancy_close": Door(WORK),
    "payments_discrepancy_reopen": Door(WORK, get=302),  # it is open
    "payments_discrepancy_verify": Door(ACT, get=302),
    "payments_discrepancy_take_in": Door(TAKE_IN, get=302),  # it is not missing here
    "payments_discrepancy_export": Door(TAKE),
    **screen("payments_product", look=STAFF, add=MANAGE, change=MANAGE),
    # People, and who saw what of them
    **screen("payments_personaldataaccess", look=MANAGE),
    **screen("accounts_user", look=MANAGE, add=MANAGE, change=MANAGE),
    "auth_user_password_change": Door(MANAGE),
    **screen("auth_group", look=MANAGE, add=ROOT, change=ROOT, delete=ROOT),
    **screen("account_emailaddress", look=ROOT),
}

# Screen and action: who is offered it. Nobody else can run it.
ACTIONS: dict[tuple[str, str], frozenset[str]] = {
    ("payments.payment", "reverify"): ACT,
    ("payments.payment", "mark_failed"): ACT,
    ("payments.payment", "export_selected"): TAKE,
    ("payments.webhookdelivery", "replay_selected"): ACT,
    ("payments.discrepancy", "assign_ticked"): WORK,
    ("payments.discrepancy", "close_ticked"): WORK,
    ("accounts.user", "reset_second_factor"): MANAGE,
    ("account.emailaddress", "make_verified"): ROOT,
    ("auth.group", "delete_selected"): ROOT,
}


# --- Asking for each person ------------------------------------------------------------------


def everybody(allowed: frozenset[str]) -> pytest.MarkDecorator:
    """The test for each person, with whether they may."""
    cases = [pytest.param(name, name, name in allowed, id=name) for name in PEOPLE]
    return pytest.mark.parametrize(("person", "name", "may"), cases, indirect=["person"])


def assert_access(response: Any, name: str, may: bool) -> None:
    if may:
        assert response.status_code == 200
    elif name in STAFF:
        assert response.status_code == 403
    else:
        assert response.status_code == 302
        assert response["Location"].startswith("/admin/login/")

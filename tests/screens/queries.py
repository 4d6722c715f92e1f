"""Queries of lists and pages that no link leads to: each filter, each order, what makes no sense.

To add a filter: a line in `QUERIES`, by the name of the URL. `{payment}` and the like stand for
rows (`_rows`).
"""

from collections.abc import Iterator
from functools import cache
from typing import Any

from django.apps import apps

from .plan import Route, urls
from .viewers import CUSTOMER

_DATES = """
period=today
period=yesterday
period=7d
period=30d
period=90d
period=this_month
period=last_month
period=never
from=2026-04-01&to=2026-04-10
from=2026-04-10&to=2026-04-01
from=2026-04-10
to=2026-04-10
from=10.4.2026
from=0001-01-01&to=9999-12-31
"""
_LIST = """
o=1
o=-1
o=2.-1
o=-6
o=99
p=1
p=2
p=99
p=x
all=
e=1
q=kim
no_such_filter=1
"""
_PAYMENTS = (
    _LIST
    + _DATES
    + """
status=paid
status=ready,failed
status=ready&status=cancelled
status=melted
user={user}
user=999999
user=x
basis=requested&period=this_month
basis=cancelled&from=2026-03-01
basis=other
amount_min=10000
amount_max=10,000
amount_min=10000&amount_max=99000
amount_min=-1
amount_max=ten
pay_method=card
pay_method=card,vbank
pay_method=unheard_of
pay_method=!
pg_provider=html5_inicis
pg_provider=x&pg_provider=nice_v2
test=only
test=none
test=maybe
verification=matched
verification=mismatched,not_found,unknown,never
verification=perhaps
attention=any
attention=mismatched
attention=stuck
attention=deposit_due
attention=late_approval
attention=nothing
q={payment}
q={imp_uid}
q=order:2026
q=imp:{imp_uid}
q=approval:30000000
q=status:paid,failed amount:>=10000
q=tid:StdpayCARD1
q=card:1234
q=card:12
q=phone:5678
q=status:melted
q=amount:<50000 method:card pg:html5_inicis
q=amount:much
q=verification:mismatched
q=verification:maybe
q=email:minji.kim@example.com
q=email:minji
q=name:김민지
q=name:"Minji Kim"
q=colour:blue
q=status:
q=%00
status=paid&q=amount:>20000&o=-4&p=1
status__exact=paid
id__in=1,2,3
merchant_uid__startswith=2026
user__email__startswith=minji
"""
)
_DISCREPANCIES = (
    _LIST
    + _DATES
    + """
state=closed
state=all
state=half
bucket=amount
bucket=missing_here,status&state=all
bucket=amount&bucket=refund
bucket=colour
owner=me
owner=nobody
owner=somebody
person={operator}
person=999999
person={operator}&owner=me
age=1
age=3
age=7
age=30
age=today
age=2
amount_min=10000&amount_max=100000
amount_min=2&amount_max=1
run=1
run=2&state=all
run=0
run=x
q={discrepancy}
q=nothing at all
state=closed&bucket=missing_here&o=-5
bucket=currency&owner=me
is_open__exact=1
"""
)
_CHOSEN = "id={number}\nid={number}&id=1&id=2\nid=x\nid=999999\nstatus=melted\nstatus=paid\nq=kim"
QUERIES: dict[str, str] = {
    "admin:index": "period=today\nperiod=7d\nperiod=30d\nperiod=90d\nperiod=ever",
    "admin:payments_payment_changelist": _PAYMENTS,
    "admin:payments_payment_totals": _PAYMENTS,
    "admin:payments_payment_filters": _PAYMENTS,
    "admin:payments_payment_export": _CHOSEN,
    "admin:payments_payment_start_run": _CHOSEN,
    "admin:payments_payment_mark_failed": "id={ready}\nid={ready}&id={number}\nid=x\n"
    "id={ready}&back=page\nid={ready}&filters=status%3Dready",
    "admin:payments_payment_customers": "term=minji\nterm=mi\nterm=minji.kim@example.com\n"
    "term=김민지\nterm=a&page=2\npage=2\npage=x\npage=0\nterm=%00",
    "admin:payments_payment_change": "_changelist_filters=status%3Dpaid\nfilters=status%3Dpaid\n"
    "event=5\nevent=x\nwebhook=5\nevent=3&webhook=4\n_popup=1",
    "admin:payments_discrepancy_changelist": _DISCREPANCIES,
    "admin:payments_discrepancy_filters": _DISCREPANCIES,
    "admin:payments_discrepancy_export": "state=all\nbucket=amount\nbucket=colour\nno_such=1",
    "admin:payments_discrepancy_people": "term=op\nterm=\nterm=%00",
    "admin:payments_discrepancy_change": "filters=state%3Dall\n_changelist_filters=owner%3Dme",
    "admin:payments_verificationrun_changelist": _LIST + "status=done\nstatus=stopped\n"
    "status__in=waiting,running,paused\nstatus__exact=done\nstatus=odd",
    "admin:payments_verificationrun_change": "outcome=agrees\noutcome=waiting\noutcome=odd\n"
    "outcome=agrees&after=20\nafter=x",
    "admin:payments_verificationrun_export": "outcome=agrees\noutcome=differs\noutcome=odd",
    "admin:payments_verificationrun_progress": "status=waiting\nstatus=running\nstatus=paused\n"
    "status=stopped\nstatus=done&outcome=agrees\nstatus=landing",
    "admin:payments_verificationrun_results": "outcome=agrees\noutcome=waiting\noutcome=odd",
    "admin:payments_reconciliationrun_progress": "status=waiting\nstatus=running\nstatus=paused\n"
    "status=stopped\nstatus=done",
    "admin:payments_reconciliationrun_changelist": _LIST + "status__exact=done\nstatus__exact=x",
    "admin:payments_reconciliationrun_change": "all=moved\nall=unknown\nall=x",
    "admin:payments_reconciliationrun_start": "period=yesterday\nperiod=7d\nperiod=last_month\n"
    "period=ever\nfirst_day=2026-04-01&last_day=2026-04-02",
    "admin:payments_dailyclose_changelist": _LIST + "drift=learnt\n"
    "drift=x\nday__year=2026&day__month=4\nday__year=2026",
    "admin:payments_dailyclose_close": "day=2026-04-14\nday=2026-04-15\nday=2026-04-11\n"
    "day=2026-04-01\nday=2027-01-01\nday=x",
    "admin:payments_dailyclose_daily": "day=2026-04-10\nday=2026-04-14\nday=2026-04-15\n"
    "day=2020-01-01\nday=x",
    "admin:payments_dailyclose_monthly": "month=2026-04\nmonth=2026-03\nmonth=2020-01\nmonth=x",
    "admin:payments_webhookdelivery_changelist": _LIST + "outcome__exact=applied\n"
    "outcome__exact=failed\noutcome__exact=x\nq={imp_uid}\nq={payment}",
    "admin:payments_personaldataaccess_changelist": _LIST + "kind__exact=viewed\nunmasked__exact=1",
    "admin:payments_product_changelist": _LIST + "active__exact=0\nq=devket",
    "admin:accounts_user_changelist": _LIST + "is_staff__exact=1\nis_active__exact=0\n"
    "groups__id__exact=1\nq=example.com",
    "admin:auth_group_changelist": _LIST,
    "admin:account_emailaddress_changelist": _LIST + "verified__exact=1\nprimary__exact=0",
    "admin:autocomplete": "app_label=payments&model_name=payment&field_name=user\n"
    "app_label=account&model_name=emailaddress&field_name=user&term=kim",
    "admin:login": "next=/admin/payments/payment/\nnext=//elsewhere.example.com/",
    "account_login": "next=/admin/",
    "account_second_factor": "next=/admin/\nnext=//elsewhere.example.com/",
    "checkout:payments": "before=100\nbefore=x\nbefore=99999999999999999999",
    "checkout:return": "merchant_uid={payment}\nmerchant_uid={payment}&imp_uid={imp_uid}\n"
    "merchant_uid={own}&imp_uid=imp_1\nmerchant_uid={own}&error_code=F400&error_msg=declined\n"
    "merchant_uid=none\nmerchant_uid=%00\nimp_uid=imp_1",
}


@cache
def _rows() -> dict[str, str]:
    """Rows that queries and bodies name."""
    users: Any = apps.get_model("accounts", "User").objects
    payments: Any = apps.get_model("payments", "Payment").objects
    own = payments.filter(user__email=CUSTOMER)
    paid, ready = _first(payments, status="paid"), _first(payments, status="ready", vbank_num="")
    own_paid, own_ready = _first(own, status="paid"), _first(own, status="ready")
    differences: Any = apps.get_model("payments", "Discrepancy").objects.filter(is_open=True)
    difference, missing = _first(differences, owner=None), _first(differences, payment=None)
    return {
        "user": str(users.get(email=CUSTOMER).pk),
        "operator": str(users.get(email="operator@example.com").pk),
        "payment": paid.merchant_uid,
        "imp_uid": str(paid.imp_uid),
        "number": str(paid.pk),
        "ready": str(ready.pk),
        "ready_version": str(ready.version),
        "no_customer": str(_first(payments, user=None).pk),
        "own": own_paid.merchant_uid,
        "own_key": own_paid.checkout_key,
        "own_imp_uid": str(own_paid.imp_uid),
        "ready_own": own_ready.merchant_uid,
        "mismatched_own": _first(own, status="failed").merchant_uid,
        "discrepancy": difference.imp_uid,
        "open": str(difference.pk),
        "open_version": str(difference.version),
        "missing": str(missing.pk),
        "missing_version": str(missing.version),
    }


def _first(rows: Any, **narrowed: Any) -> Any:
    return rows.filter(**narrowed).earliest("pk")


def queries(route: Route, *, step: int) -> Iterator[str]:
    """Every `step`-th query of this URL, with the rows it names; on two objects if it has some."""
    lines = [line for line in QUERIES.get(route.name, "").splitlines() if line]
    for line in lines[::step]:
        query = filled(line)
        for url in urls(route)[:2]:
            yield f"{url}?{query}"


def filled(text: str) -> str:
    """The text with rows in the place of their names."""
    for name, value in _rows().items():
        text = text.replace(f"{{{name}}}", value)
    return text

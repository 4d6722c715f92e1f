"""The payment screens: the list with its filters, the page of one payment, and its buttons.

Nothing is edited here: what can happen to a payment happens in `services`, through the actions in
`actions.py` and the addresses in `get_urls`. To add a column: a method below, its name in
`list_display`.
"""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
    JsonResponse,
)
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from payments.models import Payment
from payments.selectors.admin_list import MAX_CUSTOMERS, customers, search
from payments.states import PaymentStatus

from . import page
from .actions import ACTIONS, require, staff, verify_one
from .changelist import PaymentChangeList
from .export import csv_response
from .failing import mark_failed_view
from .filters import PaymentFilter
from .navigation import back_address, filters_of, list_address
from .outcomes import report
from .readonly import ReadOnlyAdmin
from .widgets import (
    NOTHING,
    amount_cell,
    moment,
    pay_method,
    status_badge,
    verification_badge,
    verify_button,
)

CUSTOMERS_A_PAGE = 20
# Deeper than anybody scrolls; a bound, because each page is an OFFSET.
MAX_CUSTOMER_PAGE = 50

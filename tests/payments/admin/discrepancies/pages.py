"""Pages of discrepancies: their addresses, and what a person does there."""

import re
from typing import Any

from django.test import Client
from django.urls import reverse

from accounts.models import User
from payments.models import Discrepancy
from tests.payments.admin.conftest import rows_of, text_of
from tests.responses import ClientResponse

LIST = "/admin/payments/discrepancy/"
WORDS = "은행에 확인했습니다"


def address(discrepancy: Discrepancy, what: str = "change") -> str:
    return reverse(f"admin:payments_discrepancy_{what}", args=[discrepancy.pk])


def listed(client: Client, query: str = "") -> set[str]:
    """The order numbers on the list."""
    response = client.get(f"{LIST}?{query}")
    assert response.status_code == 200, response.headers.get("Location")
    return {one.merchant_uid for one in response.context["cl"].result_list}


def exported(client: Client, query: str = "") -> set[str]:
    response = client.post(f"{LIST}export/?{query}", {"reason": "4월 매출 마감"})
    return {row["Order number"] for row in rows_of(response)}


def own(
    client: Client, discrepancy: Discrepancy, owner: User | None, **data: Any
) -> ClientResponse:
    body = {"version": discrepancy.version, "owner": owner.pk if owner else ""}
    return client.post(address(discrepancy, "own"), body | data)


def close(client: Client, discrepancy: Discrepancy, **data: Any) -> ClientResponse:
    body = {"version": discrepancy.version, "reason": "accepted", "text": WORDS}
    return client.post(address(discrepancy, "close"), body | data)


def tick(
    client: Client, action: str, *discrepancies: Discrepancy, query: str = "", **data: Any
) -> ClientResponse:
    """Tick these on the list as they stand in the caller's hands, and press a button of the bar."""
    body = {
        "action": ["assign_ticked", "close_ticked"],
        "index": ["assign_ticked", "close_ticked"].index(action),
        "_selected_action": [one.pk for one in discrepancies],
        "seen": [f"{one.pk}:{one.version}" for one in discrepancies],
        "_changelist_filters": query,
    }
    return client.post(f"{LIST}?{query}", body | data)


def results_on(response: ClientResponse) -> dict[str, str]:
    """What came of each, by order number, as the page of results says it."""
    body = text_of(response).split("<tbody>")[1].split("</tbody>")[0]
    rows = (re.sub(r"<[^>]+>|\s+", " ", row).split() for row in body.split("<tr>")[1:])
    return {number: " ".join(words) for number, *words in rows}


def steps_on(response: ClientResponse) -> list[str]:
    """The steps of a discrepancy's page, the newest first."""
    return text_of(response).split('<ol class="timeline">')[1].split("<li ")[1:]


def figures_on(response: ClientResponse) -> str:
    """The figures above the list."""
    return text_of(response).split('<dl class="figures">')[1].split("</dl>")[0]

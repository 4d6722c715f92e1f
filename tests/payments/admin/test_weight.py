"""What a list page weighs on the wire: compressed, with everything it refers to.

In production whitenoise serves static files compressed under names that never change, so a browser
that has been here before fetches the page alone.
"""

import gzip
import re
from pathlib import Path
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from django.test import Client

from accounts.models import User
from payments.models import Product
from tests.gateway import SandboxGateway
from tests.payments.conftest import start
from tests.responses import ClientResponse

COLD = 200_000
WARM = 60_000
LIST = "/admin/payments/payment/"


def packed(data: bytes) -> int:
    return len(gzip.compress(data, 6))


def files_of(text: str, base: str = "") -> set[str]:
    """Static files that a page names, and that a stylesheet names in turn."""
    found = set(re.findall(r'(?:href|src)="/static/([^"#?]+)', text))
    for reference in re.findall(r"url\([\"']?([^\"')#?:]+)", text) if base else []:
        found.add(str((Path("/") / base).parent.joinpath(reference).resolve())[1:])
    return found


def content(name: str) -> bytes:
    path = finders.find(name)
    assert path, f"the page names {name}, which does not exist"
    return Path(path).read_bytes()


@pytest.fixture
def page(
    client: Client, operator: User, customer: User, product: Product, sandbox: SandboxGateway
) -> ClientResponse:
    """The list with fifty rows, as a browser that takes gzip gets it."""
    for number in range(50):
        start(customer, product, checkout_key=str(number))
    client.force_login(operator)
    return client.get(LIST, headers={"accept-encoding": "gzip"})


def test_the_list_is_light(page: Any) -> None:
    assert page.headers["Content-Encoding"] == "gzip"
    text = gzip.decompress(page.content).decode()
    assert text.count("<tr") > 50
    files = files_of(text)
    for name in [name for name in files if name.endswith(".css")]:
        files |= files_of(content(name).decode(), base=name)
    warm = len(page.content)
    cold = warm + sum(packed(content(name)) for name in files)
    assert warm < WARM, f"{warm:,} bytes with a warm cache"
    assert cold < COLD, f"{cold:,} bytes: {sorted(files)}"

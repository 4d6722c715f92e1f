"""The code keeps the rules of the house, and each rule catches what it is for."""

import ast
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.architecture import rules

ROOT = Path(__file__).resolve().parent.parent.parent
PACKAGES = ("accounts", "backoffice", "payments", "sandbox", "demo", "benchmarks")


@cache
def modules() -> dict[str, ast.Module]:
    """Every module by its dotted name, read once for all rules."""
    return {
        ".".join(path.relative_to(ROOT).with_suffix("").parts): ast.parse(path.read_text())
        for package in PACKAGES
        for path in sorted((ROOT / package).rglob("*.py"))
    }


@pytest.mark.parametrize("rule", rules.RULES, ids=lambda rule: rule.__name__)
def test_the_code_keeps_the_rule(rule: Callable[[str, ast.Module], Iterator[str]]) -> None:
    broken = sorted({problem for name, tree in modules().items() for problem in rule(name, tree)})
    assert broken == []


BROKEN = [
    (rules.imports_go_down, "payments.models.payment", "from payments.services import checkout"),
    (rules.imports_go_down, "payments.ledger", "from .services import checkout"),
    (rules.imports_go_down, "payments.admin.payments.admin", "from payments.checkout import pages"),
    (rules.imports_go_down, "payments.utils", ""),
    (rules.packages_keep_apart, "accounts.models", "from payments.models import Payment"),
    (rules.packages_keep_apart, "payments.conf", "import backoffice.settings"),
    (rules.packages_keep_apart, "sandbox.app", "from payments.core.money import as_won"),
    (rules.packages_keep_apart, "backoffice.urls", "import sandbox"),
    (rules.packages_keep_apart, "backoffice.urls", "from demo import seed"),
    (rules.packages_keep_apart, "payments.tasks", "from benchmarks.harness import StandIn"),
    (rules.packages_keep_apart, "payments.tasks", "from tests.gateway import SandboxGateway"),
    (rules.packages_keep_apart, "benchmarks.chaos", "from demo import dataset"),
    (rules.packages_keep_apart, "demo.seed", "from sandbox import app"),
    (rules.client_is_plain, "payments.iamport.client", "from django.conf import settings"),
    (rules.client_is_plain, "payments.iamport.client", "from payments.core.money import as_won"),
    (rules.one_module_takes_locks, "payments.services.x", "Payment.objects.select_for_update()"),
    (rules.one_module_writes_the_ledger, "payments.services.x", "PaymentEvent(kind='paid')"),
    (rules.one_module_writes_the_ledger, "payments.admin.x", "payment.events.create(kind='x')"),
    (rules.entries_write_nothing, "payments.admin.payments.admin", "payment.save()"),
    (rules.entries_write_nothing, "payments.webhooks.views", "transaction.atomic()"),
    (rules.entries_write_nothing, "payments.checkout.pages", "Payment.objects.update(status='x')"),
    (rules.one_module_reads_settings, "payments.gateway", "settings.IAMPORT_KEY"),
    (rules.network_has_one_door, "payments.services.checkout", "import requests"),
    (rules.services_name_their_arguments, "payments.services.x", "def f(a: int, b: int): ..."),
    (rules.services_name_their_arguments, "payments.services.x", "def f(*, a) -> None: ..."),
    (rules.things_stay_small, "payments.core.money", "'doc'\n" + "x = 1\n" * 400),
    (rules.things_stay_small, "payments.core.money", "x = 1"),
    (rules.things_stay_small, "payments.core.money", "'doc'\ndef f():\n" + "    x = 1\n" * 60),
]


@pytest.mark.parametrize(("rule", "module", "source"), BROKEN)
def test_the_rule_catches_what_it_is_for(
    rule: Callable[[str, ast.Module], Iterator[str]], module: str, source: str
) -> None:
    assert list(rule(module, ast.parse(source)))

"""The code keeps the rules of the house, and each rule catches what it is for."""

import ast
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.architecture import layers, names, rules, transactions, writes
from tests.architecture.code import ROOT, Code, parsed, read

ModuleRule = Callable[[str, ast.Module], Iterator[str]]
CodeRule = Callable[[Code], Iterator[str]]
MODULE_RULES: tuple[ModuleRule, ...] = (
    layers.imports_go_down,
    layers.the_ground_knows_nothing_of_payments,
    layers.screens_keep_apart,
    layers.packages_keep_apart,
    layers.faces_hide_what_is_behind_them,
    layers.client_is_plain,
    layers.migrations_import_no_live_code,
    rules.one_module_takes_locks,
    rules.entries_write_nothing,
    rules.one_module_reads_settings,
    rules.network_has_one_door,
    rules.services_name_their_arguments,
    rules.staff_views_are_declared,
    rules.things_stay_small,
)
CODE_RULES: tuple[CodeRule, ...] = (
    writes.rows_have_one_writer,
    transactions.no_gateway_call_in_a_transaction,
)


@pytest.mark.parametrize("rule", MODULE_RULES, ids=lambda rule: rule.__name__)
def test_the_code_keeps_the_rule(rule: ModuleRule) -> None:
    assert sorted({problem for name, tree in read().items() for problem in rule(name, tree)}) == []


@pytest.mark.parametrize("rule", CODE_RULES, ids=lambda rule: rule.__name__)
def test_the_code_as_a_whole_keeps_the_rule(rule: CodeRule) -> None:
    assert list(rule(read())) == []


def test_no_modules_import_each_other_in_a_circle() -> None:
    assert layers.circles(read()) == []


@pytest.mark.parametrize("rule", [names.layers_speak_of_subjects, names.tests_mirror_the_subjects])
def test_a_subject_has_one_name(rule: Callable[[Path], Iterator[str]]) -> None:
    assert list(rule(ROOT)) == []


def test_the_admin_has_a_dozen_rooms_at_most() -> None:
    assert len(names.rooms(ROOT / "payments/admin")) <= 12


BROKEN = [
    (layers.imports_go_down, "payments.models.payment", "from payments.services import checkout"),
    (layers.imports_go_down, "payments.ledger.write", "from payments.services import checkout"),
    (layers.imports_go_down, "payments.admin.payments.admin", "from payments.checkout import api"),
    (layers.imports_go_down, "payments.utils", ""),
    (
        layers.the_ground_knows_nothing_of_payments,
        "payments.core.money",
        "from payments.states import PaymentStatus",
    ),
    (
        layers.screens_keep_apart,
        "payments.admin.dashboard.page",
        "from payments.admin.payments.admin import PaymentAdmin",
    ),
    (
        layers.screens_keep_apart,
        "payments.admin.shared.chips",
        "from payments.admin.payments import changelist",
    ),
    (layers.screens_keep_apart, "payments.admin.products", "from .webhooks import detail"),
    (layers.packages_keep_apart, "accounts.models", "from payments.models import Payment"),
    (layers.packages_keep_apart, "payments.conf", "import backoffice.settings"),
    (layers.packages_keep_apart, "sandbox.app", "from payments.core.money import as_won"),
    (layers.packages_keep_apart, "backoffice.urls", "import sandbox"),
    (layers.packages_keep_apart, "backoffice.urls", "from demo import seed"),
    (layers.packages_keep_apart, "payments.tasks", "from benchmarks.harness import StandIn"),
    (layers.packages_keep_apart, "payments.tasks", "from tests.gateway import SandboxGateway"),
    (layers.packages_keep_apart, "benchmarks.chaos", "from demo import dataset"),
    (layers.packages_keep_apart, "demo.seed", "from sandbox import app"),
    (
        layers.faces_hide_what_is_behind_them,
        "payments.webhooks.views",
        "from payments.services.webhooks.attempts import accept",
    ),
    (
        layers.faces_hide_what_is_behind_them,
        "payments.services.checkout",
        "from payments.ledger import write",
    ),
    (layers.client_is_plain, "payments.iamport.client", "from django.conf import settings"),
    (layers.client_is_plain, "payments.iamport.client", "from payments.core.money import as_won"),
    (
        layers.migrations_import_no_live_code,
        "payments.migrations.0009_x",
        "from payments.core.db import append_only",
    ),
    (rules.one_module_takes_locks, "payments.services.x", "Payment.objects.select_for_update()"),
    (rules.entries_write_nothing, "payments.admin.payments.admin", "payment.save()"),
    (rules.entries_write_nothing, "payments.webhooks.views", "transaction.atomic()"),
    (rules.entries_write_nothing, "payments.checkout.pages", "Payment.objects.update(status='x')"),
    (rules.one_module_reads_settings, "payments.gateway", "settings.IAMPORT_KEY"),
    (rules.network_has_one_door, "payments.services.checkout", "import requests"),
    (rules.services_name_their_arguments, "payments.services.x", "def f(a: int, b: int): ..."),
    (rules.services_name_their_arguments, "payments.services.x", "def f(*, a) -> None: ..."),
    (
        rules.staff_views_are_declared,
        "payments.admin.payments.notes",
        "def add(model_admin: Any, request: HttpRequest) -> HttpResponseBase: ...",
    ),
    (rules.things_stay_small, "payments.core.money", "'doc'\n" + "x = 1\n" * 400),
    (rules.things_stay_small, "payments.core.money", "x = 1"),
    (rules.things_stay_small, "payments.core.money", "'doc'\ndef f():\n" + "    x = 1\n" * 60),
]


@pytest.mark.parametrize(("rule", "module", "source"), BROKEN)
def test_the_rule_catches_what_it_is_for(rule: ModuleRule, module: str, source: str) -> None:
    assert list(rule(module, ast.parse(source)))


MODELS = "from payments.models import *\n".replace(
    "*", "DailyClose, Discrepancy, DiscrepancyStep, Payment, PaymentEvent, PersonalDataAccess"
)
STRAY_WRITES = [
    "Payment.objects.filter(pk=1).update(status='paid')",
    "Payment.objects.filter(pk=1).delete()",
    "Payment.objects.all().order_by('pk').select_related('user').update(status='paid')",
    "Payment.objects.create(name='x')",
    "Payment.objects.bulk_create([])",
    "Payment.objects.bulk_update([], ['status'])",
    "Payment.objects.get_or_create(name='x')",
    "Payment._default_manager.update_or_create(name='x')",
    "def f(payment: Payment) -> None:\n    payment.save()",
    "def f(payment: Payment) -> None:\n    payment.save(update_fields=['status'])",
    "def f(payment: Payment) -> None:\n    payment.status = 'paid'",
    "def f(payments: list[Payment]) -> None:\n    for one in payments:\n        one.delete()",
    "def f(pk: int) -> None:\n    row = Payment.objects.get(pk=pk)\n    row.save()",
    "def f() -> None:\n    if row := Payment.objects.filter(pk=1).first():\n        row.save()",
    "PaymentEvent(kind='paid')",
    "PaymentEvent.objects.filter(pk=1).update(note='')",
    "def f(payment: Payment) -> None:\n    payment.events.create(kind='paid')",
    "def f(payment: Payment) -> None:\n    payment.events.all().delete()",
    "DailyClose.objects.update(net=0)",
    "DailyClose(net=0).save()",
    "PersonalDataAccess.objects.all().delete()",
    "DiscrepancyStep.objects.create(kind='closed')",
    "def f(discrepancy: Discrepancy) -> None:\n    discrepancy.save()",
    # Whose rows these are can't be told, so it is wrong until it can.
    "def f(rows) -> None:\n    rows.update(status='paid')",
    "def f(row) -> None:\n    row.save()",
    "def f(rows) -> None:\n    update_rows(rows=rows, fields=['status'])",
    "def f(cursor) -> None:\n    cursor.execute('UPDATE payments_payment SET amount = 1')",
]


@pytest.mark.parametrize("source", STRAY_WRITES)
@pytest.mark.parametrize("module", ["payments.services.stray", "payments.admin.payments.stray"])
def test_a_write_outside_the_rows_one_writer_is_caught(module: str, source: str) -> None:
    assert list(writes.rows_have_one_writer(parsed({module: MODELS + source})))


def test_not_even_its_writer_changes_an_append_only_row() -> None:
    source = f"{MODELS}PaymentEvent.objects.filter(pk=1).update(note='')"
    (problem,) = writes.rows_have_one_writer(parsed({"payments.ledger.write": source}))
    assert "only ever added" in problem


def test_every_model_has_its_writer_named() -> None:
    models = {
        node.name
        for name, tree in read().items()
        if name.startswith("payments.models.")
        for node in tree.body
        if isinstance(node, ast.ClassDef)
        and any(ast.unparse(base).endswith(("Model", "Run")) for base in node.bases)
    }
    # The queue's own table is the one that is not ours.
    assert models | {"DBTaskResult"} == set(writes.WRITERS)


LOCKED = """
from payments import gateway, locks
from payments.locks import locked_payment

def ask() -> None:
    gateway.client().payment("imp_1")

def ask_by_another() -> None:
    ask()
"""
CALLS_UNDER_LOCKS = [
    "def f() -> None:\n    with locked_payment(1):\n        gateway.client().payment('imp_1')",
    "def f() -> None:\n    with locks.locked_payment(1):\n        ask()",
    "def f() -> None:\n    with transaction.atomic():\n        ask_by_another()",
    "@transaction.atomic\ndef f() -> None:\n    ask()",
    "def f(pool) -> None:\n    with atomic(), locked_payment(1):\n        pool.submit(ask)",
]


@pytest.mark.parametrize("source", CALLS_UNDER_LOCKS)
def test_a_gateway_call_in_a_transaction_is_caught(source: str) -> None:
    code = parsed({"payments.services.stray": LOCKED + source})
    assert list(transactions.no_gateway_call_in_a_transaction(code))


def test_a_gateway_call_before_the_transaction_is_as_it_should_be() -> None:
    source = (
        "def f(pk: int) -> None:\n    gateway.client()\n    with locked_payment(pk):\n        pass"
    )
    code = parsed({"payments.services.fine": LOCKED + source})
    assert list(transactions.no_gateway_call_in_a_transaction(code)) == []


def test_a_circle_is_caught_also_for_the_type_checker_alone() -> None:
    code = parsed(
        {
            "payments.services.one": "from payments.services import other",
            "payments.services.other": "if TYPE_CHECKING:\n    from .one import thing",
        }
    )
    assert layers.circles(code)


@pytest.mark.parametrize(
    "room",
    ["payments/admin/closes/page.py", "payments/selectors/inbox.py", "payments/services/x.py"],
)
def test_a_second_name_for_a_subject_is_caught(tmp_path: Path, room: str) -> None:
    for layer in names.BESIDES:
        (tmp_path / layer).mkdir(parents=True)
    (tmp_path / room).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / room).touch()
    assert list(names.layers_speak_of_subjects(tmp_path))

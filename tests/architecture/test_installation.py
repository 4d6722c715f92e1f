"""What is installed from requirements.txt alone runs: the product needs nothing but its pins."""

import ast
import re
import sys
from collections.abc import Iterator
from functools import cache
from importlib.metadata import packages_distributions

import pytest
from django.core.management import get_commands, load_command_class

from tests.architecture.code import PRODUCT, ROOT, imports_of, read


def canonical(distribution: str) -> str:
    """The name of a distribution as package indexes compare it."""
    return re.sub(r"[-_.]+", "-", distribution).lower()


@cache
def pinned() -> frozenset[str]:
    """The distributions that requirements.txt names."""
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    return frozenset(canonical(line.partition("==")[0]) for line in lines if "==" in line)


@cache
def distributions_of() -> dict[str, frozenset[str]]:
    """By package that can be imported here: the distributions that it may come from."""
    return {
        package: frozenset(map(canonical, distributions))
        for package, distributions in packages_distributions().items()
    }


def unpinned_imports(module: str, tree: ast.AST) -> Iterator[str]:
    """What a module of the product imports that neither Python, nor a pin, nor we provide."""
    for name in imports_of(tree, module):
        package = name.partition(".")[0]
        if package in {*PRODUCT, *sys.stdlib_module_names}:
            continue
        if pinned().isdisjoint(distributions_of().get(package, ())):
            yield f"{module} imports {name}"


def test_the_product_imports_only_what_is_pinned_for_it() -> None:
    problems = {
        problem
        for module, tree in read(PRODUCT).items()
        for problem in unpinned_imports(module, tree)
    }
    assert problems == set()


def test_it_offers_commands_of_its_own_and_each_can_be_loaded() -> None:
    ours = {name: app for name, app in get_commands().items() if app in PRODUCT}
    assert {"audit_ledger", "reconcile", "verify_payments", "worker"} <= set(ours)
    for name, app in ours.items():
        assert load_command_class(app, name).help


@pytest.mark.parametrize(
    "source",
    [
        "import honcho.manager",
        "from flask import Flask",
        "def run():\n    from demo import seed",
        "import benchmarks",
        "import sandbox.app",
        "import tests",
        "import a_package_that_is_not_there",
    ],
)
def test_an_import_that_only_developers_can_do_is_found(source: str) -> None:
    assert list(unpinned_imports("payments.management.commands.x", ast.parse(source)))


@pytest.mark.parametrize(
    "source",
    ["import json", "from django_tasks_db.models import DBTaskResult", "from .sibling import Name"],
)
def test_an_import_that_every_installation_can_do_is_not(source: str) -> None:
    assert not list(unpinned_imports("payments.management.commands.x", ast.parse(source)))

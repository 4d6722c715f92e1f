"""The rules of the house about single modules, as functions over source text.

Each takes a module's dotted name and its syntax tree and yields what is wrong. Who may import whom
is in `layers`, who may write rows in `writes`, calls in transactions in `transactions`, subjects
and their names in `names`. To add a rule: a function, its line in `test_rules.py`, and an example
there that breaks it.
"""

import ast
from collections.abc import Iterator

from tests.architecture.code import Function, imports_of
from tests.architecture.layers import part_of

MAX_LINES = 400
MAX_FUNCTION_LINES = 50


def calls_of(tree: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    """The last word of what is called: `a.b.save()` -> save."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            function = node.func
            if isinstance(function, ast.Attribute):
                yield function.attr, node
            elif isinstance(function, ast.Name):
                yield function.id, node


def one_module_takes_locks(module: str, tree: ast.AST) -> Iterator[str]:
    """`select_for_update` is in payments.locks alone."""
    if module != "payments.locks":
        yield from (f"{module} locks" for name, _ in calls_of(tree) if name == "select_for_update")


def entries_write_nothing(module: str, tree: ast.AST) -> Iterator[str]:
    """Admin, checkout, webhooks and commands call services; they open no transaction."""
    if part_of(module) not in {"admin", "checkout", "webhooks"} and ".commands." not in module:
        return
    for name, node in calls_of(tree):
        source = ast.unparse(node.func)
        if name in {"save", "bulk_update", "bulk_create"} and not source.startswith("super()"):
            yield f"{module}:{node.lineno} calls {source}"
        if name == "atomic" or source.endswith("objects.update"):
            yield f"{module}:{node.lineno} calls {source}"


def one_module_reads_settings(module: str, tree: ast.AST) -> Iterator[str]:
    """In `payments`, settings are read in conf; models may name AUTH_USER_MODEL."""
    if not module.startswith("payments.") or module == "payments.conf":
        return
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Name)
            and node.value.id == "settings"
            and node.attr != "AUTH_USER_MODEL"
        ):
            yield f"{module}:{node.lineno} reads settings.{node.attr}"


def network_has_one_door(module: str, tree: ast.AST) -> Iterator[str]:
    """`requests` is for the client; the demo plays the buyer with it, the benchmark measures it."""
    allowed = (
        "payments.iamport",
        "sandbox",
        "demo.dataset",
        "benchmarks.checkout",
    )
    for name in imports_of(tree, module):
        if name.split(".")[0] in {"requests", "urllib3", "httpx"} and not module.startswith(
            allowed
        ):
            yield f"{module} imports {name}"


def services_name_their_arguments(module: str, tree: ast.Module) -> Iterator[str]:
    """A service's arguments are annotated; more than one are keyword-only."""
    if not module.startswith("payments.services."):
        return
    for node in tree.body:
        if not isinstance(node, ast.FunctionDef) or node.name.startswith("_"):
            continue
        if len(node.args.args) > 1 or (node.args.args and node.args.kwonlyargs):
            yield f"{module}.{node.name} takes positional arguments"
        every = [*node.args.args, *node.args.kwonlyargs]
        if node.returns is None or any(argument.annotation is None for argument in every):
            yield f"{module}.{node.name} is not annotated"


def things_stay_small(module: str, tree: ast.Module) -> Iterator[str]:
    """A module has at most 400 lines, a function at most 50, and a docstring says what it owns.

    From 250 lines on, ask whether the module is still one thing. The answer may be yes: what a
    reader has to see whole is not scattered for the sake of a number.
    """
    if ".migrations." in module:
        return
    length = max((getattr(node, "end_lineno", 0) or 0 for node in tree.body), default=0)
    if length > MAX_LINES:
        yield f"{module} has {length} lines"
    if tree.body and ast.get_docstring(tree) is None:
        yield f"{module} has no docstring"
    for node in ast.walk(tree):
        if isinstance(node, Function):
            lines = (node.end_lineno or 0) - node.lineno + 1
            if lines > MAX_FUNCTION_LINES:
                yield f"{module}.{node.name} has {lines} lines"


def staff_views_are_declared(module: str, tree: ast.Module) -> Iterator[str]:
    """Every view of the admin is under `@staff_view`, which names permission and methods."""
    if not module.startswith("payments.admin."):
        return
    for node in tree.body:
        if not isinstance(node, Function) or node.name.startswith("_"):
            continue
        arguments = [argument.arg for argument in node.args.args[:2]]
        decorators = {ast.unparse(one).partition("(")[0] for one in node.decorator_list}
        is_view = arguments == ["model_admin", "request"] and _is_of_a_url(node) and _answers(node)
        if is_view and not decorators & {"staff_view", "admin.action"}:
            yield f"{module}.{node.name} is no @staff_view"


def _answers(function: Function) -> bool:
    """Whether it returns an answer to the request."""
    return function.returns is not None and "Response" in ast.unparse(function.returns)


def _is_of_a_url(function: Function) -> bool:
    """Whether a URL could give all that it takes: what is handed a function helps a view."""
    taken = (*function.args.args, *function.args.kwonlyargs)
    return not any("Callable" in ast.unparse(one.annotation) for one in taken if one.annotation)

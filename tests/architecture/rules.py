"""The rules of the house as functions over source text, so that the rules can be tested too.

Each takes a module's dotted name and its syntax tree and yields what is wrong. To add a rule: a
function here, its line in `test_rules.py`, and an example there that breaks it.
"""

import ast
from collections.abc import Iterator

# From the ground up; a module may import what is below it. The last level is the entries: they
# never import each other.
LEVELS = (
    {"core", "states", "errors", "merchant_uid", "pay_methods", "iamport"},
    {"models", "conf"},
    {"locks", "gateway", "selectors"},
    # What payments are narrowed by, for every entry: screens, command line, runs.
    {"filters"},
    {"ledger"},
    {"services"},
    {"tasks"},
    {"checkout", "webhooks", "admin", "management", "apps", "migrations"},
)
ENTRIES = LEVELS[-1]
MAX_LINES = 400
# The product, and what stands beside it and is never installed with it.
PRODUCT = {"payments", "accounts", "backoffice"}
TOOLS = {"sandbox", "demo", "benchmarks", "tests"}
# Which packages of ours a package may import, besides itself.
MAY_IMPORT = {
    "backoffice": {"payments", "accounts"},
    "demo": {"payments", "backoffice"},
    "benchmarks": {"payments", "backoffice"},
}


# What knows nothing of payments stands under both apps.
GROUND = "payments.core"


def imports_of(tree: ast.AST, module: str) -> Iterator[str]:
    """Every module that is imported, relative ones resolved."""
    package = module.split(".")
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level] if node.level else []
            name = ".".join([*base, *([node.module] if node.module else [])])
            yield name
            yield from (f"{name}.{alias.name}" for alias in node.names)


def part_of(module: str) -> str | None:
    """payments.services.checkout -> services; None outside `payments`."""
    parts = module.split(".")
    return parts[1] if parts[0] == "payments" and parts[1:] not in ([], ["__init__"]) else None


def level_of(part: str | None) -> int | None:
    return next((number for number, names in enumerate(LEVELS) if part in names), None)


def imports_go_down(module: str, tree: ast.AST) -> Iterator[str]:
    """Inside `payments`, imports go down only, and entries never meet."""
    mine = part_of(module)
    if mine is None:
        return
    if level_of(mine) is None:
        yield f"{module} has no level: name it in LEVELS"
        return
    for name in imports_of(tree, module):
        other = part_of(name)
        if other is None or other == mine or level_of(other) is None:
            continue
        if level_of(other) > level_of(mine) or {mine, other} <= ENTRIES:
            yield f"{module} imports {name}"


def packages_keep_apart(module: str, tree: ast.AST) -> Iterator[str]:
    """accounts and payments do not meet, the product imports no tool, sandbox is alone."""
    mine = module.split(".", maxsplit=1)[0]
    allowed = MAY_IMPORT.get(mine, set()) | {mine}
    for name in imports_of(tree, module):
        if mine == "accounts" and name.startswith(GROUND):
            continue
        if name.split(".")[0] in (PRODUCT | TOOLS) - allowed:
            yield f"{module} imports {name}"


def client_is_plain(module: str, tree: ast.AST) -> Iterator[str]:
    """The gateway's client needs requests and the standard library, nothing else."""
    if not module.startswith("payments.iamport"):
        return
    for name in imports_of(tree, module):
        if name.startswith(("django", "payments")) and not name.startswith("payments.iamport"):
            yield f"{module} imports {name}"


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


def one_module_writes_the_ledger(module: str, tree: ast.AST) -> Iterator[str]:
    """`PaymentEvent(...)` and `events.create(...)` are in payments.ledger alone."""
    if module.startswith("payments.ledger") or ".migrations." in module:
        return
    for name, node in calls_of(tree):
        source = ast.unparse(node.func)
        if name == "PaymentEvent" or source.endswith(
            ("events.create", "PaymentEvent.objects.create", "PaymentEvent.objects.bulk_create")
        ):
            yield f"{module} writes the ledger"


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
        if isinstance(node, ast.FunctionDef) and (node.end_lineno or 0) - node.lineno >= 50:
            yield f"{module}.{node.name} has more than 50 lines"


RULES = (
    imports_go_down,
    packages_keep_apart,
    client_is_plain,
    one_module_takes_locks,
    one_module_writes_the_ledger,
    entries_write_nothing,
    one_module_reads_settings,
    network_has_one_door,
    services_name_their_arguments,
    things_stay_small,
)

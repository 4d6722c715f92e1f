"""Who may import whom: layers, screens, packages, and no circle anywhere.

To add a part of `payments`, give it a level in `LEVELS`; to add a screen, a folder in admin.
"""

import ast
from collections.abc import Iterator

from tests.architecture.code import ROOT, Code, imports_of, modules_imported, plain

# From the ground up; a module may import what is below it. The last level is the entries: they
# never import each other.
LEVELS = (
    {"core", "states", "errors", "merchant_uid", "pay_methods", "pg_providers", "iamport"},
    {"models", "conf"},
    # What is compared between the two sides, and how.
    {"compared_fields", "comparing"},
    {"locks", "gateway", "selectors"},
    # What payments are narrowed by, for every entry: screens, command line, runs.
    {"filters"},
    {"ledger"},
    {"services"},
    {"tasks"},
    {"checkout", "webhooks", "admin", "management", "apps", "migrations"},
)
ENTRIES = LEVELS[-1]
# The product, and what stands beside it and is never installed with it.
PRODUCT = {"payments", "accounts", "backoffice"}
TOOLS = {"sandbox", "demo", "benchmarks", "tools", "tests"}
# Which packages of ours a package may import, besides itself.
MAY_IMPORT = {
    "backoffice": {"payments", "accounts"},
    "demo": {"payments", "backoffice", "tools"},
    "benchmarks": {"payments", "backoffice", "tools"},
}
# What knows nothing of payments stands under both apps.
GROUND = "payments.core"
# Of these packages others see the face alone: what is behind it is one room.
FACES = ("payments.ledger", "payments.services.webhooks")
# What all screens of the admin may use; a screen is any other folder or module beside it.
SHARED = "shared"


def part_of(module: str) -> str | None:
    """payments.services.checkout -> services; None outside `payments`."""
    parts = module.split(".")
    return parts[1] if parts[0] == "payments" and parts[1:] not in ([], ["__init__"]) else None


def level_of(part: str | None) -> int | None:
    """The number of its level from the ground, None for what is no part of ours."""
    return next((number for number, names in enumerate(LEVELS) if part in names), None)


def imports_go_down(module: str, tree: ast.AST) -> Iterator[str]:
    """Inside `payments`, imports go down only, and entries never meet."""
    mine = part_of(module)
    if mine is None:
        return
    level = level_of(mine)
    if level is None:
        yield f"{module} has no level: name it in LEVELS"
        return
    for name in imports_of(tree, module):
        other = part_of(name)
        others = level_of(other)
        if other == mine or others is None:
            continue
        if others > level or {mine, other} <= ENTRIES:
            yield f"{module} imports {name}"


def the_ground_knows_nothing_of_payments(module: str, tree: ast.AST) -> Iterator[str]:
    """`payments.core` imports itself alone."""
    if module.startswith(f"{GROUND}."):
        for name in imports_of(tree, module):
            if name.split(".")[0] in PRODUCT and not name.startswith(GROUND):
                yield f"{module} imports {name}"


def screens_keep_apart(module: str, tree: ast.AST) -> Iterator[str]:
    """A screen of the admin imports what is shared, never another screen; shared imports none."""
    mine = screen_of(module)
    if mine in {None, "__init__"}:
        return
    for name in imports_of(tree, module):
        other = screen_of(name)
        if other not in {None, mine, SHARED}:
            yield f"{module} imports {name}"


def screen_of(module: str) -> str | None:
    """payments.admin.webhooks.detail -> webhooks; None outside the admin's screens."""
    parts = module.split(".")
    return parts[2] if parts[:2] == ["payments", "admin"] and len(parts) > 2 else None


def packages_keep_apart(module: str, tree: ast.AST) -> Iterator[str]:
    """accounts and payments do not meet, the product imports no tool, sandbox is alone."""
    mine = module.split(".", maxsplit=1)[0]
    allowed = MAY_IMPORT.get(mine, set()) | {mine}
    for name in imports_of(tree, module):
        if mine == "accounts" and name.startswith(GROUND):
            continue
        if name.split(".")[0] in (PRODUCT | TOOLS) - allowed:
            yield f"{module} imports {name}"


def faces_hide_what_is_behind_them(module: str, tree: ast.AST) -> Iterator[str]:
    """The product imports a package of `FACES` itself, never a module in it."""
    if module.split(".", maxsplit=1)[0] not in PRODUCT:
        return
    for name in imports_of(tree, module):
        face = next((face for face in FACES if name.startswith(f"{face}.")), None)
        if face and not plain(module).startswith(face) and _is_module(name):
            yield f"{module} imports {name}"


def _is_module(name: str) -> bool:
    return (ROOT / name.replace(".", "/")).with_suffix(".py").is_file()


def client_is_plain(module: str, tree: ast.AST) -> Iterator[str]:
    """The gateway's client needs requests and the standard library, nothing else."""
    if not module.startswith("payments.iamport"):
        return
    for name in imports_of(tree, module):
        if name.startswith(("django", "payments")) and not name.startswith("payments.iamport"):
            yield f"{module} imports {name}"


def migrations_import_no_live_code(module: str, tree: ast.AST) -> Iterator[str]:
    """What a migration runs is frozen beside it; a field's validator is named by Django itself."""
    if ".migrations." not in module:
        return
    mine = module.rpartition(".")[0]
    live = {"accounts.models"}  # accounts 0001 names `validate_time_zone`, a part of the field
    for name in imports_of(tree, module):
        if name.split(".")[0] in PRODUCT and not name.startswith(mine) and name not in live:
            yield f"{module} imports {name}"


def circles(code: Code) -> list[list[str]]:
    """Modules that import each other in a ring, imports for the type checker included."""
    graph = {plain(name): sorted(modules_imported(name, code)) for name in code}
    found: list[list[str]] = []
    state: dict[str, int] = {}
    path: list[str] = []

    def visit(module: str) -> None:
        state[module] = 1
        path.append(module)
        for other in graph.get(module, []):
            if state.get(other) == 1:
                found.append([*path[path.index(other) :], other])
            elif other not in state:
                visit(other)
        path.pop()
        state[module] = 2

    for module in sorted(graph):
        if module not in state:
            visit(module)
    return found

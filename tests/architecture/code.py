"""The code of the house as the rules read it: modules as syntax trees, imports with their targets.

Only text is read, nothing is imported. `Code` is a set of modules by dotted name, so that a rule
which looks across modules can be tried on a few lines.
"""

import ast
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PRODUCT = ("accounts", "backoffice", "payments")
TOOLS = ("sandbox", "demo", "benchmarks", "tools")

Code = Mapping[str, ast.Module]
Function = ast.FunctionDef | ast.AsyncFunctionDef


@cache
def read(packages: tuple[str, ...] = (*PRODUCT, *TOOLS)) -> dict[str, ast.Module]:
    """Every module of these packages by its dotted name; a package's own is `package.__init__`."""
    return {
        ".".join(path.relative_to(ROOT).with_suffix("").parts): ast.parse(path.read_text())
        for package in packages
        for path in sorted((ROOT / package).rglob("*.py"))
    }


def parsed(sources: Mapping[str, str]) -> dict[str, ast.Module]:
    """A few lines as code, for trying a rule."""
    return {name: ast.parse(source) for name, source in sources.items()}


def plain(module: str) -> str:
    """payments.ledger.__init__ -> payments.ledger, as an import names it."""
    return module.removesuffix(".__init__")


def base_of(node: ast.ImportFrom, module: str) -> str:
    """The module that an import names, relative ones resolved."""
    parts = module.split(".")
    base = parts[: len(parts) - node.level] if node.level else []
    return ".".join([*base, *([node.module] if node.module else [])])


def imports_of(tree: ast.AST, module: str) -> Iterator[str]:
    """Every module that is imported, and every name that is, as if it were one."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = base_of(node, module)
            yield base
            yield from (f"{base}.{alias.name}" for alias in node.names)


def modules_imported(module: str, code: Code) -> set[str]:
    """Which modules of `code` a module imports; a name of a package counts as the package's own."""
    known = {plain(name) for name in code}
    targets = set()
    for node in ast.walk(code[module]):
        if isinstance(node, ast.Import):
            targets |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = base_of(node, module)
            names = {f"{base}.{alias.name}" for alias in node.names}
            targets |= (names & known) or {base}
    return (targets & known) - {plain(module)}


def names_in(module: str, tree: ast.AST) -> dict[str, str]:
    """What each imported name stands for: `ledger` -> payments.ledger, `Payment` -> …Payment."""
    names: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.asname or alias.name: alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = base_of(node, module)
            names |= {alias.asname or alias.name: f"{base}.{alias.name}" for alias in node.names}
    return names


def functions_of(tree: ast.Module) -> Iterator[tuple[str, Function]]:
    """Functions and methods with their names in the module: `verify`, `Transport.send`."""
    for node in tree.body:
        if isinstance(node, Function):
            yield node.name, node
        elif isinstance(node, ast.ClassDef):
            for inner in node.body:
                if isinstance(inner, Function):
                    yield f"{node.name}.{inner.name}", inner

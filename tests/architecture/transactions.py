"""No call at the gateway while a transaction is open or a lock is held.

Which functions lead to the gateway is followed through the whole product, from `gateway.client()`
upwards: a function that is named counts as called, so handing it on is seen as well. What a caller
hands in is not; the suite's own guard catches that at run time.
"""

import ast
from collections.abc import Iterator

from tests.architecture.code import Code, Function, functions_of, names_in, plain

# What hands out the client, and so the calls.
GATEWAY = "payments.gateway.client"
# What opens a transaction: Django's own, and the context managers of `payments.locks`.
ATOMIC = {"atomic"}
LOCKS = "payments.locks."
# A task that is named is queued, not called: it runs later, by itself.
QUEUED = "payments.tasks."


def no_gateway_call_in_a_transaction(code: Code) -> Iterator[str]:
    """Nothing inside `with atomic()` or `with locked_…()` leads to the gateway."""
    uses, handed_on = functions_used(code), _handed_on(code)
    asking = _leading_to(GATEWAY, uses)
    for module, tree in code.items():
        for name, function in functions_of(tree):
            for line, target in _in_transactions(module, tree, name, function):
                called = handed_on.get(target, target)
                if called in asking:
                    yield f"{plain(module)}:{line} asks the gateway in a transaction ({called})"


def functions_used(code: Code) -> dict[str, set[str]]:
    """Which functions each function names, all by their dotted names."""
    handed_on = _handed_on(code)
    return {
        f"{plain(module)}.{name}": {
            handed_on.get(used, used)
            for _line, used in _uses(function, module, names_in(module, tree), name)
        }
        for module, tree in code.items()
        for name, function in functions_of(tree)
    }


def _handed_on(code: Code) -> dict[str, str]:
    """What a package imports to hand it on: reconciliation.work -> reconciliation.worker.work."""
    return {
        f"{plain(module)}.{name}": target
        for module, tree in code.items()
        if module.endswith(".__init__")
        for name, target in names_in(module, tree).items()
    }


def _leading_to(target: str, uses: dict[str, set[str]]) -> set[str]:
    """Every function from which a way leads to `target`."""
    leading = {target}
    while True:
        more = {name for name, used in uses.items() if used & leading} - leading
        more = {name for name in more if not name.startswith(QUEUED)}
        if not more:
            return leading
        leading |= more


def _in_transactions(
    module: str, tree: ast.Module, name: str, function: Function
) -> Iterator[tuple[int, str]]:
    """(line, what is named) of every function while a transaction of this function is open."""
    names = names_in(module, tree)
    if any(_opens(decorator, module, names) for decorator in function.decorator_list):
        yield from _uses(function, module, names, name)
        return
    for node in ast.walk(function):
        if isinstance(node, ast.With) and any(
            _opens(item.context_expr, module, names) for item in node.items
        ):
            for statement in node.body:
                yield from _uses(statement, module, names, name)


def _opens(expression: ast.expr, module: str, names: dict[str, str]) -> bool:
    function = expression.func if isinstance(expression, ast.Call) else expression
    if isinstance(function, ast.Attribute) and function.attr in ATOMIC:
        return True
    return _target(function, module, names, "").startswith(LOCKS)


def _uses(
    tree: ast.AST, module: str, names: dict[str, str], within: str
) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Name | ast.Attribute):
            yield node.lineno, _target(node, module, names, within)


def _target(function: ast.expr, module: str, names: dict[str, str], within: str) -> str:
    """The dotted name of a function: of this module, an imported one, a method."""
    if isinstance(function, ast.Name):
        return names.get(function.id, f"{plain(module)}.{function.id}")
    if not isinstance(function, ast.Attribute):
        return ""
    owner = function.value
    if isinstance(owner, ast.Call):
        # `_Turn(run).go_on`
        return f"{_target(owner.func, module, names, within)}.{function.attr}"
    if isinstance(owner, ast.Name) and owner.id == "self" and "." in within:
        return f"{plain(module)}.{within.partition('.')[0]}.{function.attr}"
    return f"{names.get(owner.id, owner.id)}.{function.attr}" if isinstance(owner, ast.Name) else ""

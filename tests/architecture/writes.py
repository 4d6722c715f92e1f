"""Who may write which rows: each table of `payments` has its writer, in every form the ORM has.

Whose rows a call writes is read from the code: annotations, assignments, querysets, the functions
that return them. Closed by default: a call that writes rows of which that can't be told is wrong
until its variable says what it holds. To give a new model its writer, add it to `WRITERS`.
"""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tests.architecture.code import Code, Function, functions_of, names_in, plain

# The rows of a model are written in these modules alone, or in modules below them.
WRITERS: dict[str, tuple[str, ...]] = {
    "Payment": ("payments.ledger",),
    "PaymentEvent": ("payments.ledger",),
    "Movement": ("payments.ledger",),
    "AccessQuery": ("payments.services.access_log",),
    "MovementRollUp": ("payments.services.roll_ups",),
    "RefundRollUp": ("payments.services.roll_ups",),
    "OrderRollUp": ("payments.services.roll_ups",),
    "RollUpMark": ("payments.services.roll_ups",),
    "PersonalDataAccess": ("payments.services.access_log",),
    "DailyClose": ("payments.services.daily_close.close",),
    "DiscrepancyStep": ("payments.services.discrepancies.rows",),
    "Discrepancy": ("payments.services.discrepancies", "payments.services.import_payment"),
    "DiscrepancyLine": ("payments.services.discrepancies",),
    "WebhookDelivery": ("payments.services.webhooks",),
    "WebhookReplay": ("payments.services.webhooks.replay",),
    "LimitCount": ("payments.services.limits",),
    "VerificationRun": ("payments.services.verification_runs", "payments.services.runs"),
    "VerificationItem": ("payments.services.verification_runs",),
    "ReconciliationLine": ("payments.services.reconciliation",),
    "ReconciliationRun": ("payments.services.reconciliation", "payments.services.runs"),
    "Run": ("payments.services.runs", "payments.services.verification_runs"),
    "SavedView": ("payments.services.saved_views",),
    "ScheduledJob": ("payments.services.background",),
    "ClockComparison": ("payments.services.clock",),
    "Worker": ("payments.services.background",),
    "GatewayState": ("payments.gateway",),
    # The queue's own table: what becomes of the tasks of workers that died.
    "DBTaskResult": ("payments.services.background",),
    # Django's own page of products, which has no code of ours that writes.
    "Product": (),
}
# Rows that are added and never change. Their database triggers say the same.
APPEND_ONLY = {"PaymentEvent", "Movement", "PersonalDataAccess", "DailyClose", "DiscrepancyStep"}
# What each relation of a model leads to.
RELATED = {
    ("Payment", "events"): "PaymentEvent",
    ("Payment", "movements"): "Movement",
    ("Payment", "deliveries"): "WebhookDelivery",
    ("PaymentEvent", "payment"): "Payment",
    ("VerificationRun", "items"): "VerificationItem",
    ("VerificationItem", "payment"): "Payment",
    ("VerificationItem", "run"): "VerificationRun",
    ("Discrepancy", "payment"): "Payment",
    ("Discrepancy", "steps"): "DiscrepancyStep",
    ("Discrepancy", "lines"): "DiscrepancyLine",
    ("DiscrepancyLine", "discrepancy"): "Discrepancy",
    ("Discrepancy", "seen_by"): "Discrepancy",
    ("ReconciliationRun", "lines"): "ReconciliationLine",
    ("WebhookDelivery", "payment"): "Payment",
    ("WebhookDelivery", "replays"): "WebhookReplay",
    ("WebhookReplay", "delivery"): "WebhookDelivery",
}
CHANGES = {"update", "delete", "bulk_update", "update_or_create"}
ADDS = {"save", "create", "bulk_create", "get_or_create"}
# A relation of many is written like a set.
LINKS = {"add", "set", "clear", "remove"}
# Writing past the ORM: who may call these is who may write the rows they are given.
IN_BULK = {
    "add_up_into": ("payments.services.roll_ups",),
    "insert_rows": ("payments.ledger",),
    "update_row": ("payments.ledger",),
    "update_rows": ("payments.ledger", "payments.services.verification_runs"),
    "insert_from": ("payments.services.verification_runs",),
}
# Where SQL of our own stands.
WITH_SQL = ("payments.core.db", "payments.locks")
MODEL_BASE = "payments.core.db"
MODELS = ("payments.models", "django_tasks_db.models")
READS_ON = {
    "all",
    "filter",
    "exclude",
    "order_by",
    "select_related",
    "prefetch_related",
    "select_for_update",
    "only",
    "defer",
    "annotate",
    "using",
    "distinct",
    "reverse",
    "iterator",
    "none",
}
SAME_ROWS = {"list", "sorted", "reversed", "iter", "next", "type"}
GIVES_ONE = {"get", "first", "last", "create", "earliest", "latest"}


@dataclass(frozen=True, slots=True)
class Rows:
    """What an expression holds: the model, one of its rows, or many of them."""

    model: str
    is_class: bool = False


def rows_have_one_writer(code: Code) -> Iterator[str]:
    """Every write of a row is where the row's writer is."""
    returns = _returned_rows(code)
    for module, tree in code.items():
        if module.startswith("payments.") and ".migrations." not in module:
            reader = _Reader(plain(module), names_in(module, tree), returns)
            yield from reader.problems(tree)


def _returned_rows(code: Code) -> dict[str, Rows]:
    """Which rows the functions of `payments` return, by their dotted names."""
    return {
        f"{plain(module)}.{name}": rows
        for module, tree in code.items()
        for name, function in functions_of(tree)
        if function.returns is not None and (rows := _annotated(function.returns)) is not None
    }


def _annotated(annotation: ast.expr) -> Rows | None:
    """The model that an annotation speaks of: `Payment`, `QuerySet[Payment]`, `list[Payment]`."""
    named = {node.id for node in ast.walk(annotation) if isinstance(node, ast.Name)}
    named |= {
        word
        for node in ast.walk(annotation)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        for word in WRITERS
        if word in node.value
    }
    models = named & WRITERS.keys()
    return Rows(models.pop()) if len(models) == 1 else None


class _Reader:
    """Reads one module: what its variables hold, and what it writes."""

    def __init__(self, module: str, names: Mapping[str, str], returns: Mapping[str, Rows]) -> None:
        self._module = module
        self._names = names
        self._returns = returns

    def problems(self, tree: ast.Module) -> Iterator[str]:
        """Each write that has no place in this module."""
        held = self._held(tree.body, {})
        for function in (node for node in ast.walk(tree) if isinstance(node, Function)):
            yield from self._in_function(function, held)
        yield from self._calls(tree, held, skip_functions=True)

    def _in_function(self, function: Function, outer: Mapping[str, Rows]) -> Iterator[str]:
        held = dict(outer)
        arguments = function.args
        for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs):
            held.pop(argument.arg, None)
            if argument.annotation and (rows := _annotated(argument.annotation)):
                held[argument.arg] = rows
        held = self._held(function.body, held)
        yield from self._calls(function, held, skip_functions=False)

    def _held(self, body: list[ast.stmt], before: Mapping[str, Rows]) -> dict[str, Rows]:
        """What the variables of a body hold, in the order of its lines."""
        held = dict(before)
        for node in ast.walk(ast.Module(body, [])):
            for target, value in _bindings(node):
                if (rows := self._rows(value, held)) is not None:
                    held.setdefault(target, Rows(rows.model))
        return held

    def _rows(self, value: ast.expr, held: Mapping[str, Rows]) -> Rows | None:
        if isinstance(value, ast.Name):
            target = self._names.get(value.id, "")
            name = target.rpartition(".")[2]
            if target.startswith(MODELS) and name in WRITERS:
                return Rows(name, is_class=True)
            return held.get(value.id)
        if isinstance(value, ast.Attribute):
            return self._attribute(value, held)
        if isinstance(value, ast.Call):
            return self._called(value, held)
        if isinstance(value, ast.Subscript | ast.Starred):
            return self._rows(value.value, held)
        if isinstance(value, ast.IfExp):
            return self._rows(value.body, held) or self._rows(value.orelse, held)
        return None

    def _attribute(self, value: ast.Attribute, held: Mapping[str, Rows]) -> Rows | None:
        owner = self._rows(value.value, held)
        if owner is None:
            return None
        if value.attr in {"objects", "_default_manager"}:
            return Rows(owner.model)
        related = RELATED.get((owner.model, value.attr))
        return Rows(related) if related else None

    def _called(self, call: ast.Call, held: Mapping[str, Rows]) -> Rows | None:
        function = call.func
        if isinstance(function, ast.Attribute):
            if function.attr in READS_ON | GIVES_ONE:
                return self._rows(function.value, held)
            if function.attr == "get_or_create":
                return self._rows(function.value, held)
        elif isinstance(function, ast.Name) and function.id in SAME_ROWS:
            return self._rows(call.args[0], held) if call.args else None
        if (owner := self._rows(function, held)) is not None and owner.is_class:
            return Rows(owner.model)
        return self._returns.get(self._dotted(function))

    def _dotted(self, function: ast.expr) -> str:
        if isinstance(function, ast.Name):
            return self._names.get(function.id, f"{self._module}.{function.id}")
        if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name):
            owner = function.value.id
            return f"{self._names.get(owner, owner)}.{function.attr}"
        return ""

    def _calls(
        self, tree: ast.AST, held: Mapping[str, Rows], *, skip_functions: bool
    ) -> Iterator[str]:
        for node in _inside(tree) if skip_functions else ast.walk(tree):
            if isinstance(node, ast.Call):
                yield from self._call(node, held)
            elif isinstance(node, ast.Assign):
                yield from self._assignment(node, held)

    def _call(self, call: ast.Call, held: Mapping[str, Rows]) -> Iterator[str]:
        where, function = f"{self._module}:{call.lineno}", call.func
        name = function.attr if isinstance(function, ast.Attribute) else ""
        if isinstance(function, ast.Name):
            allowed = IN_BULK.get(function.id)
            if allowed and not self._module.startswith((*allowed, MODEL_BASE)):
                yield f"{where} writes in bulk by {function.id}"
            rows = self._rows(function, held)
            if rows and rows.is_class and rows.model in APPEND_ONLY | {"Payment"}:
                yield from self._allowed(rows.model, where, "makes")
        elif name in {"execute", "executemany", "copy"} and not self._module.startswith(WITH_SQL):
            if "cursor" in ast.unparse(function):
                yield f"{where} has SQL of its own"
        elif name in CHANGES | ADDS | LINKS and isinstance(function, ast.Attribute):
            yield from self._write(call, function, held, where)

    def _write(
        self, call: ast.Call, function: ast.Attribute, held: Mapping[str, Rows], where: str
    ) -> Iterator[str]:
        name, rows = function.attr, self._rows(function.value, held)
        if rows is None:
            if _looks_like_the_orm(call, function) and not self._module.startswith(MODEL_BASE):
                yield f"{where} writes rows of which nothing says whose: {ast.unparse(function)}"
            return
        if name in CHANGES and rows.model in APPEND_ONLY:
            yield f"{where} changes rows of {rows.model}, which are only ever added"
        yield from self._allowed(rows.model, where, f"writes ({name})")

    def _allowed(self, model: str, where: str, what: str) -> Iterator[str]:
        writers = WRITERS[model]
        is_place = self._module.startswith(writers) if writers else False
        # An unsaved order is made where it is asked for, and saved by the ledger.
        makes_an_order = what == "makes" and model == "Payment" and ".services." in self._module
        if not is_place and not makes_an_order:
            yield f"{where} {what} {model}"

    def _assignment(self, node: ast.Assign, held: Mapping[str, Rows]) -> Iterator[str]:
        """`payment.status = ...` is the ledger's too: it would be saved with the next event."""
        for target in node.targets:
            if isinstance(target, ast.Attribute) and target.attr != "row_facts":
                rows = self._rows(target.value, held)
                if rows and not rows.is_class and rows.model in {"Payment", *APPEND_ONLY}:
                    where = f"{self._module}:{node.lineno}"
                    yield from self._allowed(rows.model, where, f"sets {target.attr} of a")


def _inside(tree: ast.AST) -> Iterator[ast.AST]:
    """Every node of a module but those inside its functions."""
    for child in ast.iter_child_nodes(tree):
        if not isinstance(child, Function):
            yield child
            yield from _inside(child)


def _bindings(node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    """(name, what it is bound to): by assignment, `for`, `with`, `:=`, in a comprehension."""
    pairs: list[tuple[ast.expr, ast.expr]] = []
    if isinstance(node, ast.Assign):
        pairs = [(target, node.value) for target in node.targets]
    elif isinstance(node, ast.NamedExpr):
        pairs = [(node.target, node.value)]
    elif isinstance(node, ast.For | ast.comprehension):
        pairs = [(node.target, node.iter)]
    elif isinstance(node, ast.With):
        pairs = [(one.optional_vars, one.context_expr) for one in node.items if one.optional_vars]
    elif isinstance(node, ast.AnnAssign) and node.value is not None:
        pairs = [(node.target, node.annotation)]
    for target, value in pairs:
        if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
            pairs += list(zip(target.elts, value.elts, strict=False))
        elif isinstance(target, ast.Tuple) and target.elts:
            # `row, is_new = Model.objects.get_or_create(...)`
            pairs.append((target.elts[0], value))
        elif isinstance(target, ast.Name):
            yield target.id, value


def _looks_like_the_orm(call: ast.Call, function: ast.Attribute) -> bool:
    """Whether a write on something unknown can be one of rows, not of a dict, a set or a digest."""
    if isinstance(function.value, ast.Call) and ast.unparse(function.value) == "super()":
        return False
    if function.attr in LINKS:
        return False
    if function.attr == "update":
        return bool(call.keywords) and not call.args
    if function.attr in {"save", "delete"}:
        # A service of ours takes what it writes as an argument.
        words = {word.arg for word in call.keywords}
        return not call.args and words <= {"force_insert", "update_fields"}
    return True

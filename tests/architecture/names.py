"""One subject, one name: the same word in admin, services, selectors, static and tests.

To add a subject: its word in `SUBJECTS`, and a room of that name in each layer that needs one.
"""

from collections.abc import Iterator
from pathlib import Path

# The subjects of the product, as docs/architecture.md explains them.
SUBJECTS = {
    "access_log",
    "background",
    "checkout",
    "clock",
    "daily_close",
    "dashboard",
    "discrepancies",
    "import_payment",
    "ledger_audit",
    "limits",
    "movements",
    "notes",
    "open_orders",
    "payments",
    "personal_data",
    "products",
    "reconciliation",
    "roll_ups",
    "runs",
    "saved_views",
    "verification",
    "verification_runs",
    "webhooks",
}
# What is in a layer besides its subjects.
BESIDES = {
    "payments/admin": {"shared"},
    "payments/services": set(),
    "payments/selectors": set(),
    "tests/payments/admin": {
        "shared",
        "access_matrix",
        "conftest",
        "csp",
        "doors",
        "permissions",
        "weight",
    },
    "tests/payments/services": {"conftest"},
    "tests/payments/selectors": {
        "conftest",
        "flat_postgresql",
        "indexes_postgresql",
        "plans",
        "plans_postgresql",
    },
}


def layers_speak_of_subjects(root: Path) -> Iterator[str]:
    """Every room of these layers has the name of a subject."""
    for layer, besides in BESIDES.items():
        for room in rooms(root / layer):
            if room.removeprefix("test_") not in SUBJECTS | besides:
                yield f"{layer}/{room} is no subject: see tests/architecture/names.py"


def rooms(folder: Path) -> list[str]:
    """Modules and folders with modules in them, without their endings."""
    inside = (path for path in folder.iterdir() if path.stem not in {"__init__", "__pycache__"})
    return sorted(
        path.stem for path in inside if path.suffix == ".py" or (path.is_dir() and holds(path))
    )


def holds(folder: Path) -> bool:
    """Whether there is a module in it: an empty folder is no room."""
    return any(folder.rglob("*.py"))


def tests_mirror_the_subjects(root: Path) -> Iterator[str]:
    """A folder of tests below a layer is one of the layer itself."""
    for layer in ("admin", "services", "selectors"):
        for room in rooms(root / "tests/payments" / layer):
            is_folder = (root / "tests/payments" / layer / room).is_dir()
            if is_folder and room not in rooms(root / "payments" / layer):
                yield f"tests/payments/{layer}/{room} tests no room of payments/{layer}"

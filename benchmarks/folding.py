"""Every sum of a book folded before anything is measured of it, whatever else the server does.

A turn of the job (`services.roll_ups.fold`) folds nothing while an open transaction anywhere on the
server may still bring a smaller id; a page of such a book adds up all of it.
"""

import time

from payments.models import Movement, PaymentEvent, RolledUp, RollUpMark
from payments.selectors.roll_ups import newest_id
from payments.services.roll_ups.fold import fold

PATIENCE = 600  # seconds


def fold_everything() -> None:
    """Raises SystemExit if somebody's transaction does not end."""
    deadline = time.monotonic() + PATIENCE
    while not _is_folded():
        if time.monotonic() > deadline:
            raise SystemExit("an open transaction on this server keeps the sums from being folded")
        if not fold(seconds=60):
            time.sleep(0.2)


def _is_folded() -> bool:
    marks = dict(RollUpMark.objects.values_list("name", "folded_to"))
    newest = {RolledUp.MOVEMENTS: newest_id(Movement), RolledUp.ORDERS: newest_id(PaymentEvent)}
    return all(marks.get(name, 0) == last for name, last in newest.items())

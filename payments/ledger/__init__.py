"""The only writer of events and of everything on a payment that follows from them.

This is its whole face: `append` and its like write what an `Entry` describes (`write`) and of the
gateway's answer what may be kept (`kept_answer`), `rebuilt` and `projection` let an audit compare a
payment with its events (`replay`), `event_hash` recomputes the chain (`chain`). To let something
new happen: add an `EventKind`, and describe it in a service.
"""

from .chain import event_hash
from .entry import Draft, Entry
from .replay import encode, projection, rebuilt
from .write import IllegalMove, append, append_if_unmoved, append_many, open_order

__all__ = [
    "Draft",
    "Entry",
    "IllegalMove",
    "append",
    "append_if_unmoved",
    "append_many",
    "encode",
    "event_hash",
    "open_order",
    "projection",
    "rebuilt",
]

"""Proof that nobody has changed the ledger: numbers, hashes, projection and movements, recomputed.

This is its whole face. `walk` goes through the book piece by piece, `rows` reads a piece,
`events` and `movements` say what does not hold about one payment. To check one more thing about a
payment: a generator in one of these two, and its line in `walk.problems_in`. Another book (closes,
sums) has an audit of its own, which `manage.py audit_ledger` names.
"""

from .walk import Problem, audit, problems_of

__all__ = ["Problem", "audit", "problems_of"]

"""What a person or the gateway can make happen, one module per thing.

A service takes keyword-only typed arguments, decides, and writes through `payments.ledger`. Those
that need the gateway go through the one door: ask (commit), call (no transaction), apply (commit).
"""

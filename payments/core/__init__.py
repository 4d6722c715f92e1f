"""The ground: money, days, text, hashes and database helpers, which know nothing of payments.

`accounts` may import from here as well. What needs a model of ours belongs further up.
"""

"""Payments in bulk, the same here and at the stand-in gateway: for benchmarks and tests."""

"""Measures the product and tries to break it: no part of it, and never installed with it.

`python -m benchmarks` is all of `bench`: pages, sums and exports beside a stock twin. Each other is
a module to run (`python -m benchmarks.checkout`): book, checkout, verify, reconcile, webhooks,
chaos, outages. All stand on `harness`, with data that is thrown away; `seed` alone writes
into the configured database. To add one: a module with a `main`, and its line in the Makefile.
"""

import os

import django

# Before a module of this package imports a model. Within the test suite both are done.
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backoffice.settings")
django.setup()

"""The demo: the whole product on one machine, with a shop's payments in it. No part of the product.

`python -m demo` runs it, `python -m demo.seed` fills it with the payments of `dataset`.
"""

import os

import django

# Before a module of this package imports a model. Within the test suite both are done.
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backoffice.settings")
django.setup()

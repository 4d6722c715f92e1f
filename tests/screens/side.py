"""What runs within a checkout: `python -m screens.side MODULE ...` calls the module's `main`."""

import sys
from importlib import import_module

import django

if __name__ == "__main__":
    # Before a module of this package imports a model.
    django.setup()
    import_module(f"screens.{sys.argv[1]}").main(*sys.argv[2:])

"""The twin as an app."""

from django.apps import AppConfig


class StockConfig(AppConfig):
    """Without migrations: `models.fill` makes its table."""

    name = "benchmarks.stock"
    label = "stock"

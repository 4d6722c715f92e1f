"""What can be bought."""

from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from payments.core.money import MAX_WON
from payments.core.text import clean, clean_lines, composed

# The gateway's limit for an order name (contract 4.3).
NAME_LENGTH = 40
# PGs refuse smaller card payments (contract 7.2); the smallest figure that any of them names.
MIN_PRICE = 100


class Product(models.Model):
    """A thing with a price. An order copies name and price, so both may change later."""

    slug = models.SlugField(_("slug"), unique=True)
    name = models.CharField(pgettext_lazy("product", "name"), max_length=NAME_LENGTH)
    description = models.TextField(_("description"), blank=True)
    price = models.BigIntegerField(
        _("price in won"), validators=[MinValueValidator(MIN_PRICE), MaxValueValidator(MAX_WON)]
    )
    active = models.BooleanField(_("on sale"), default=True)

    class Meta:
        verbose_name = _("product")
        verbose_name_plural = _("products")
        ordering = ("name",)
        constraints = [
            models.CheckConstraint(condition=models.Q(price__gt=0), name="product_price_positive")
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        """With a name that is found however it was typed."""
        self.name = clean(composed(self.name))
        self.description = clean_lines(self.description)
        super().save(*args, **kwargs)

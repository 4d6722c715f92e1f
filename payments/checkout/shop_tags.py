"""How values look to a customer, for templates: `{% load shop %}`, `{{ payment.paid_at|stamp }}`.

Times are Korean. To add a look: its line here.
"""

from django import template

from payments import conf, pay_methods
from payments.core.kst import stamp
from payments.core.money import won

register = template.Library()

register.filter("won", won)
register.filter("stamp", stamp)
register.filter("pay_method", pay_methods.label)


@register.inclusion_tag("environment_band.html")
def environment_band() -> dict[str, conf.Environment]:
    """Which environment this is, also on the page of an error, which has no context."""
    return {"environment": conf.environment_of_gateway()}

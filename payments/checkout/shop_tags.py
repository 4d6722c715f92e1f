"""How values look to a customer, for templates: `{% load shop %}`, `{{ payment.paid_at|stamp }}`.

Times are Korean. To add a look: its line here.
"""

from django import template

from payments import pay_methods
from payments.core.kst import stamp
from payments.core.money import won

register = template.Library()

register.filter("won", won)
register.filter("stamp", stamp)
register.filter("pay_method", pay_methods.label)

"""How values look, for templates: `{% load display %}`, `{{ payment.paid_at|moment }}`.

The looks themselves are beside this; here they only get their names in templates, so that a screen
can hand its rows to its template as the selectors return them. To add a look: a function there, its
line here.
"""

from django import template

from payments.core.money import with_separators

from . import display, run_display

register = template.Library()

register.filter("won", display.won)
register.filter("number", with_separators)
register.filter("moment", display.moment)
register.filter("duration", display.duration)
register.filter("took", display.took)
register.filter("code", display.code)
register.filter("email", display.email_cell)
register.filter("pay_method", display.pay_method)
register.filter("outcome_badge", display.outcome_badge)
register.filter("run_badge", run_display.run_badge)
register.filter("run_url", run_display.run_url)
register.simple_tag(display.badge, name="badge")

"""How values look, for templates: `{% load display %}`, `{{ payment.paid_at|moment }}`.

The looks themselves, and where links lead, are beside this; here they only get their names in
templates, so that a screen can hand its rows to its template as the selectors return them. To add a
look: a function there, its line here.
"""

from django import template

from payments import gateway

from . import access_display, discrepancy_age, discrepancy_display, display, links, run_display

register = template.Library()

register.filter("won", display.won)
register.filter("signed_won", display.signed_won)
register.filter("balance", display.balance)
register.filter("number", display.number)
register.filter("signed_number", display.signed_number)
register.filter("taken_off", display.taken_off)
register.filter("taken_off_won", display.taken_off_won)
register.filter("percent", display.percent)
register.filter("moment", display.moment)
register.filter("utc", display.utc)
register.filter("age", display.age)
register.filter("day_label", display.day_label)
register.filter("duration", display.duration)
register.filter("took", display.took)
register.filter("code", display.code)
register.filter("gateway_trouble", gateway.in_words)
register.filter("email", display.email_cell)
register.filter("person", display.person)
register.filter("pay_method", display.pay_method)
register.filter("pg_provider", display.pg_provider)
register.filter("status_badge", display.status_badge)
register.filter("no_money_badge", display.no_money_badge)
register.filter("verification_badge", display.verification_badge)
register.filter("movement_badge", display.movement_badge)
register.filter("movement_notes", display.movement_notes)
register.filter("pg_and_mid", display.pg_and_mid)
register.filter("approval_number", display.approval_number)
register.filter("outcome_badge", display.outcome_badge)
register.filter("yes_or_no", display.yes_or_no)
register.filter("query_words", access_display.query_words)
register.filter("counted", access_display.counted)
register.filter("without_answer", run_display.without_answer)
register.filter("asker", run_display.asker)
register.filter("run_badge", run_display.run_badge)
register.filter("run_url", run_display.run_url)
register.simple_tag(display.badge, name="badge")
register.filter("payment_page", links.row_page)
register.simple_tag(links.payment_list_of_days, name="payments_of_days")
register.simple_tag(links.movement_list_of_days, name="movements_of_days")
register.simple_tag(links.real_movements_of_days, name="real_movements_of_days")
register.filter("bucket_badges", discrepancy_display.bucket_badges)
register.filter("state_badge", discrepancy_display.state_badge)
register.filter("step_actor", discrepancy_display.step_actor)
register.filter("step_badge", discrepancy_display.step_badge)
register.filter("difference_label", discrepancy_display.difference_label)
register.filter("amount_at_risk", discrepancy_display.amount_at_risk_label)
register.filter("found_ago", discrepancy_age.found_ago)
register.filter("side_cell", discrepancy_display.side_cell)
register.filter("change_label", discrepancy_display.change_label)

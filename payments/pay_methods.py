"""Labels of pay methods. The gateway's strings are an open set (contract 3.5): an unknown one is
shown as it is. To name another one, add it to `LABELS`.
"""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

LABELS = {
    "card": pgettext_lazy("pay method", "Credit or debit card"),
    "trans": pgettext_lazy("pay method", "Bank transfer"),
    "vbank": pgettext_lazy("pay method", "Virtual account"),
    "phone": pgettext_lazy("pay method", "Mobile phone bill"),
    "kakaopay": _("KakaoPay"),
    "naverpay": _("Naver Pay"),
    "tosspay": _("Toss Pay"),
    "payco": _("PAYCO"),
    "samsung": _("Samsung Pay"),
    "ssgpay": _("SSG Pay"),
    "lpay": _("L.PAY"),
    "point": pgettext_lazy("pay method", "Points"),
    "culturelandgift": _("Cultureland gift card"),
    "booknlife": _("Book & Life gift card"),
}


def label(pay_method: str) -> str:
    """The method's name for a person."""
    return str(LABELS.get(pay_method, pay_method))


def choices(pay_methods: tuple[str, ...]) -> list[tuple[str, str]]:
    """Code and name of each method that is offered."""
    return [(code, label(code)) for code in pay_methods]

"""Names of PGs. The gateway's codes are an open set: an unknown one is shown as it is.

One company has several codes, by the generation of its interface. To name another one, add it to
`LABELS`.
"""

from django.utils.translation import gettext_lazy as _

LABELS = {
    "html5_inicis": _("KG Inicis"),
    "inicis": _("KG Inicis"),
    "inicis_unified": _("KG Inicis"),
    "kcp": _("NHN KCP"),
    "kcp_v2": _("NHN KCP"),
    "kcp_billing": _("NHN KCP"),
    "nice": _("NICE Payments"),
    "nice_v2": _("NICE Payments"),
    "tosspayments": _("Toss Payments"),
    "uplus": _("Toss Payments (formerly LG U+)"),
    "kakaopay": _("KakaoPay"),
    "naverpay": _("Naver Pay"),
    "naverco": _("Naver Pay"),
    "tosspay": _("Toss Pay"),
    "tosspay_v2": _("Toss Pay"),
    "payco": _("PAYCO"),
    "danal": _("Danal"),
    "danal_tpay": _("Danal"),
    "smartro": _("Smartro"),
    "smartro_v2": _("Smartro"),
    "kicc": _("KICC"),
    "settle": _("Hecto Financial"),
    "settle_acc": _("Hecto Financial"),
    "daou": _("Kiwoom Pay"),
    "ksnet": _("KSNET"),
    "welcome": _("Welcome Payments"),
    "mobilians": _("KG Mobilians"),
    "bluewalnut": _("Bluewalnut"),
    "jtnet": _("JTNet"),
    "eximbay": _("Eximbay"),
    "paypal": _("PayPal"),
    "paypal_v2": _("PayPal"),
}


def label(pg_provider: str) -> str:
    """The PG's name for a person."""
    return str(LABELS.get(pg_provider, pg_provider))

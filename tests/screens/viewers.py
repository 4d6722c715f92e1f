"""Who looks at the screens, in which language and under which circumstances."""

from dataclasses import dataclass

# Of the authenticator app of whoever has one; PASSWORD is what the demo gives to everybody.
SECRET = "JBSWY3DPEHPK3PXP"
PASSWORD = "backoffice-demo"
CUSTOMER = "minji.kim@example.com"
STAFF = ("viewer", "finance", "operator", "approver", "admin")


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewer:
    """Somebody in front of a browser.

    `is_answered`: the gateway answers them; otherwise it is silent. `is_unmasked`: they have given
    a reason for seeing personal data. `signs_in`: by the form, a moment ago, with a second factor
    if they have one. `must_use_factor`: staff have to. `only`: URLs that begin so. `queries`: of
    each list, every so many-th. `follows` links to other views of a page; `sends` forms.
    """

    name: str
    email: str = ""
    language: str = "ko"
    is_answered: bool = False
    is_unmasked: bool = False
    signs_in: bool = False
    must_use_factor: bool = False
    only: str = "/"
    queries: int = 8
    follows: bool = False
    sends: bool = True

    def __str__(self) -> str:
        return f"{self.name}-{self.language}"

    @property
    def time_zone(self) -> str:
        """Whoever reads English sits in New York."""
        return "Asia/Seoul" if self.language == "ko" else "America/New_York"


_SOME = (("anonymous", ""), ("customer", CUSTOMER), *((n, f"{n}@example.com") for n in STAFF))
_ROOT = "root@example.com"
VIEWERS = (
    *(Viewer(name=name, email=email) for name, email in _SOME),
    # What filters do does not depend on who asks, what pages do not on their language.
    Viewer(name="root", email=_ROOT, queries=1, follows=True),
    *(Viewer(name=name, email=email, language="en", sends=False) for name, email in _SOME),
    Viewer(name="root", email=_ROOT, language="en", queries=3, sends=False),
    Viewer(
        name="root-answered",
        email=_ROOT,
        is_answered=True,
        is_unmasked=True,
        only="/admin/payments/",
    ),
    Viewer(name="customer-answered", email=CUSTOMER, is_answered=True, signs_in=True),
    Viewer(name="careful", email="careful@example.com", signs_in=True, only="/accounts/"),
    Viewer(
        name="locked-out",
        email="viewer@example.com",
        must_use_factor=True,
        only="/admin/",
        sends=False,
    ),
)

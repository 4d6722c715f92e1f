"""People in the admin: found by e-mail address, never deleted, and no way up for oneself.

Addresses are not masked here: whoever manages people (the Admin role alone) is looking for them.

Who may edit whom, and hand out which group, is decided in `roles.py`. To show another field of a
person: `fieldsets` below.
"""

from typing import Any, cast

import allauth.account.admin
import allauth.mfa.admin
import allauth.socialaccount.admin
import allauth.usersessions.admin
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from allauth.usersessions.models import UserSession
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.db.models import ManyToManyField, QuerySet
from django.forms import ModelMultipleChoiceField
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from accounts import notices, second_factor
from accounts.forms import AddPersonForm, PersonForm
from accounts.models import People, User
from accounts.roles import assignable_groups, may_manage
from payments.core.db.paginator import BoundedPaginator
from payments.core.db.search import searched
from payments.core.list_pages import PagedChangeList, paginator_of

# allauth's own form would change addresses behind the person's back: see below.
admin.site.unregister(EmailAddress)
# Secrets, copies of other companies' profiles, and where people are: no screen needs them.
admin.site.unregister([Authenticator, SocialAccount, SocialApp, SocialToken, UserSession])


class PeopleList(PagedChangeList):
    """Everybody on the page knows whether their address is confirmed."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list = list(self.result_list)
        User.learn_confirmed(self.result_list)


@admin.register(User)
class UserAdmin(DjangoUserAdmin[User]):
    """Customers and staff."""

    form = PersonForm
    add_form = AddPersonForm
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    list_display = ["address", "username", "is_staff", "is_active", "last_login", "date_joined"]
    list_display_links = ["address", "username"]
    list_filter = ["is_staff", "is_active", "groups"]
    search_fields = ["lower_email__holds", "names__holds"]
    search_help_text = _(
        "Search by a part of the e-mail address, username or name; one or two letters by how it "
        "begins."
    )
    ordering = ["-pk"]
    readonly_fields = ["confirmed", "last_login", "date_joined"]
    filter_horizontal = ["groups", "user_permissions"]
    actions = ["reset_second_factor"]
    fieldsets = [
        (None, {"fields": ["email", "confirmed", "username", "password"]}),
        (_("Person"), {"fields": ["first_name", "last_name", "time_zone", "language"]}),
        (_("Rights"), {"fields": ["is_active", "is_staff", "groups"]}),
        (
            _("Rights beyond a role"),
            {"fields": ["is_superuser", "user_permissions"], "classes": ["collapse"]},
        ),
        (_("Dates"), {"fields": ["last_login", "date_joined"]}),
    ]
    add_fieldsets = [
        (
            None,
            {
                "fields": ["email", "usable_password", "password1", "password2"],
                "classes": ["wide"],
                "description": _("Give the account its role on the next page."),
            },
        )
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        people = cast(People, super().get_queryset(request))
        return people.with_confirmation().with_search_words()

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[PagedChangeList]:
        return PeopleList

    def get_paginator(self, request: HttpRequest, *args: Any, **kwargs: Any) -> BoundedPaginator:
        return paginator_of(request, *args, **kwargs)

    def get_sortable_by(self, request: HttpRequest) -> Any:
        """Staff by every column; everybody only by what has an index, which customers fill."""
        is_of_staff = request.GET.get("is_staff__exact") == "1"
        return super().get_sortable_by(request) if is_of_staff else ["username"]

    @admin.display(description=_("email address"), ordering="email")
    def address(self, person: User) -> SafeString | str:
        """What they sign in with, marked while nobody knows that it is theirs."""
        if not person.email or person.has_confirmed_email:
            return person.email or "-"
        return format_html('{} <span class="badge wait">{}</span>', person.email, _("Unconfirmed"))

    @admin.display(description=_("confirmed"))
    def confirmed(self, person: User) -> SafeString | str:
        """Whether mail to the address has been shown to reach this person."""
        if not person.email:
            return "-"
        if person.has_confirmed_email:
            return format_html('<span class="badge good">{}</span>', _("Confirmed"))
        mark = '<span class="badge wait">{}</span> {}'
        why = _("Nobody has shown yet that mail to this address reaches this person.")
        return format_html(mark, _("Unconfirmed"), why)

    @admin.action(permissions=["change"], description=_("Reset the second factor (lost phone)"))
    def reset_second_factor(self, request: HttpRequest, people: QuerySet[User]) -> None:
        """Without a factor, and signed out, until they set one up again. They are told by mail."""
        allowed = [person for person in people if self.has_change_permission(request, person)]
        for person in allowed:
            second_factor.forget(person)
            notices.second_factor_reset(person)
            self.log_change(request, person, gettext("Second factor reset."))
        if left_out := len(people) - len(allowed):
            message = ngettext(
                "%(number)s account can do more than yours and was left as it is.",
                "%(number)s accounts can do more than yours and were left as they are.",
                left_out,
            )
            messages.warning(request, message % {"number": left_out})
        if allowed:
            names = ", ".join(map(str, allowed))
            messages.success(request, gettext("Second factor reset: %(names)s") % {"names": names})

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[User], search_term: str
    ) -> tuple[QuerySet[User], bool]:
        """Several addresses find any of them."""
        return searched(queryset, search_term, fields=self.search_fields), False

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> list[str]:
        fields = [*super().get_readonly_fields(request, obj)]
        if not _manager(request).is_superuser:
            fields += ["is_superuser", "user_permissions"]
        return fields

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        allowed = super().has_change_permission(request, obj)
        return allowed and (obj is None or may_manage(_manager(request), obj))

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Nobody: payments and their history point at people. Make an account inactive instead."""
        return False

    def formfield_for_manytomany(
        self, db_field: "ManyToManyField[Any, Any]", request: HttpRequest, **kwargs: Any
    ) -> "ModelMultipleChoiceField[Any] | None":
        if db_field.name == "groups":
            kwargs["queryset"] = assignable_groups(_manager(request))
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Save, and keep the groups that the form did not offer: not offered is not taken away."""
        person: User = form.instance
        kept = list(person.groups.exclude(pk__in=assignable_groups(_manager(request))))
        super().save_related(request, form, formsets, change)
        person.groups.add(*kept)


@admin.register(EmailAddress)
class EmailAddressAdmin(allauth.account.admin.EmailAddressAdmin):  # type: ignore[misc]
    """What allauth keeps of addresses: seen, and confirmed by hand where no mail arrives.

    Another address is given on the person's page, and both sides hear of it.
    """

    paginator = BoundedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    ordering = ["-pk"]

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Confirming by hand is for those who could make anybody staff anyway."""
        actions: dict[str, Any] = super().get_actions(request)
        return actions if _manager(request).is_superuser else {}

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: EmailAddress | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: EmailAddress | None = None) -> bool:
        return False


def _manager(request: HttpRequest) -> User:
    assert isinstance(request.user, User), "the admin lets nobody else in"
    return request.user

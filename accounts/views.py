"""Pages of our own about one's account; sign-up, sign-in and the rest are allauth's."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST
from django.views.i18n import set_language

from accounts.forms import SettingsForm, offered_time_zones
from accounts.models import Language, User


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def account_settings(request: HttpRequest) -> HttpResponse:
    """Let the signed-in person choose their time zone and language."""
    assert request.user.is_authenticated
    # A fresh copy: a refused value must not become the `request.user` that the page shows.
    person = User.objects.get(pk=request.user.pk)
    form = SettingsForm(request.POST or None, instance=person)
    if request.method == "POST" and form.is_valid():
        form.save()
        with translation.override(person.language):
            messages.success(request, _("Your settings are saved."))
        return redirect("account_settings")
    context = {"form": form, "time_zones": offered_time_zones()}
    return render(request, "accounts/settings.html", context)


@require_POST
def choose_language(request: HttpRequest) -> HttpResponse:
    """The switch at the foot of each page: kept in a cookie and, signed in, in the account."""
    chosen = request.POST.get("language", "")
    if request.user.is_authenticated and chosen in Language.values:
        User.objects.filter(pk=request.user.pk).update(language=chosen)
    return set_language(request)

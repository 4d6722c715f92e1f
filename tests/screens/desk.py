"""A browser in which somebody is signed in, for the stories of `book`."""

from typing import Any

from django.apps import apps
from django.test import Client
from django.urls import reverse

from .forms import forms_in


class Desk:
    """A browser in which somebody is signed in."""

    def __init__(self, email: str) -> None:
        self.client = Client()
        self.client.force_login(apps.get_model("accounts", "User").objects.get(email=email))

    def post(self, name: str, /, *args: Any, filters: str = "", **data: Any) -> Any:
        """Post to a URL by its name; a refusal is a mistake in this module."""
        url = reverse(name, args=args) + (f"?{filters}" if filters else "")
        answer = self.client.post(url, data)
        assert answer.status_code in {200, 302}, f"{url}: {answer.status_code}"
        return answer

    def send(self, name: str, /, *args: Any, having: str, filters: str = "", **changes: Any) -> Any:
        """Send the form of a page that has a field named `having`, with some fields changed."""
        url = reverse(name, args=args) + (f"?{filters}" if filters else "")
        html = self.client.get(url).content.decode()
        form = next((form for _, form in forms_in(html) if having in form.fields), None)
        assert form is not None, f"{url} has no form with {having}"
        return self.client.post(form.action or url, form.data | changes)

"""What every template may ask: which environment this is."""

from django.http import HttpRequest

from payments.conf import Environment, environment_of_gateway


def environment(request: HttpRequest) -> dict[str, Environment]:
    """`environment.kind` is demo, test or live; see `payments.conf.Environment`."""
    return {"environment": environment_of_gateway()}

"""`verify_payments`: the same filters as the list, a run like any other, an answer for scripts."""

import io
import json
import os
import signal
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from accounts.models import User
from benchmarks.datasets import paid_payments
from payments.models import Payment, Product, RunStatus, VerificationRun
from payments.services import runs
from payments.services.verification_runs import worker
from tests.gateway import SandboxGateway
from tests.payments import builders

pytestmark = pytest.mark.django_db(transaction=True)


def run_command(**options: Any) -> tuple[int, str, str]:
    """(exit code, standard output, standard error)."""
    out, err = io.StringIO(), io.StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("verify_payments", stdout=out, stderr=err, **options)
    return int(ended.value.code or 0), out.getvalue(), err.getvalue()


def refused(**options: Any) -> CommandError:
    with pytest.raises(CommandError) as refusal:
        call_command("verify_payments", **options)
    assert refusal.value.returncode == 64
    return refusal.value


@pytest.fixture
def shop(customer: User, product: Product, sandbox: SandboxGateway) -> list[Payment]:
    """Five paid payments, here and at the gateway."""
    payments = [
        payment
        for piece in paid_payments.write(user=customer, product=product, count=5)
        for payment in piece
    ]
    paid_payments.post_to_gateway(sandbox.control, payments)
    return payments


def test_when_all_agree_it_says_so_and_ends_with_0(shop: list[Payment]) -> None:
    code, out, err = run_command(filter="status=paid&from=2026-04-01&to=2026-04-01")
    run = VerificationRun.objects.get()
    assert (code, out) == (0, f"Run {run.pk} done: agrees 5\n")
    assert "5 of 5 (100%)" in err
    assert (run.query, run.requested_by) == ("from=2026-04-01&status=paid&to=2026-04-01", None)


def test_the_summary_is_json_alone_on_the_standard_output(shop: list[Payment]) -> None:
    code, out, _err = run_command(filter="status=paid", json=True)
    summary = json.loads(out)
    assert code == 0
    assert (summary["status"], summary["payments"]) == ("done", 5)
    assert summary["outcomes"]["agrees"] == sum(summary["outcomes"].values()) == 5
    assert summary["seconds"] > 0
    assert VerificationRun.objects.get().requested_name == "manage.py verify_payments"


def test_what_differs_or_is_not_there_ends_with_1(
    shop: list[Payment], customer: User, product: Product, sandbox: SandboxGateway
) -> None:
    builders.paid(customer, product)
    code, out, _err = run_command()
    assert (code, "not_found 1" in out) == (1, True)


def test_without_an_answer_it_ends_with_2(
    shop: list[Payment], sandbox: SandboxGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "LONGEST_PAUSE", 0.02)
    sandbox.fault("status", status=500)
    code, out, _err = run_command()
    assert (code, "unknown 5" in out) == (2, True)


def test_search_words_narrow_as_in_the_list(shop: list[Payment]) -> None:
    code, out, _err = run_command(search=f"order:{shop[0].merchant_uid} email:customer@example.com")
    assert (code, out.endswith("agrees 1\n")) == (0, True)


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"filter": "status=paid&bogus=1"}, "bogus"),
        ({"filter": "amount__gte=1"}, "amount__gte"),
        ({"filter": "status=bogus"}, "bogus"),
        ({"filter": "from=x"}, ":"),
        ({"search": "colour:red"}, "colour"),
        ({"filter": "amount_min=999999999"}, "Nothing was started"),
        ({"resume": 1}, "no run 1"),
    ],
)
def test_a_filter_that_makes_no_sense_is_named_and_nothing_is_done(
    shop: list[Payment], sandbox: SandboxGateway, settings: Any, options: Any, named: str
) -> None:
    settings.LANGUAGE_CODE = "en"
    before = sandbox.calls()["total"]
    assert named in str(refused(**options))
    assert sandbox.calls()["total"] == before
    assert not VerificationRun.objects.exists()


def test_ctrl_c_pauses_the_run_and_says_how_to_go_on(
    shop: list[Payment], monkeypatch: pytest.MonkeyPatch
) -> None:
    work = worker.work

    def interrupted(**_arguments: Any) -> float:
        monkeypatch.setattr(worker, "work", work)
        os.kill(os.getpid(), signal.SIGINT)
        return 0.0

    monkeypatch.setattr(worker, "work", interrupted)
    handler = signal.getsignal(signal.SIGINT)
    code, out, err = run_command()
    run = VerificationRun.objects.get()
    assert (code, run.status) == (130, RunStatus.PAUSED)
    assert "waiting 5" in out
    assert f"--resume {run.pk}" in err
    assert signal.getsignal(signal.SIGINT) is handler

    code, out, _err = run_command(resume=run.pk)
    assert (code, out) == (0, f"Run {run.pk} done: agrees 5\n")
    assert "has ended" in str(refused(resume=run.pk))
    assert "takes no filter" in str(refused(resume=run.pk, filter="status=paid"))


def test_staff_who_stop_the_run_stop_the_command(
    shop: list[Payment], monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*, run_id: int, seconds: float) -> None:
        VerificationRun.objects.filter(pk=run_id).update(status=RunStatus.STOPPED)

    monkeypatch.setattr(worker, "work", stopped)
    code, out, _err = run_command()
    assert (code, "stopped" in out) == (2, True)

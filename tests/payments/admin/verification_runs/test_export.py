"""The results of a run as a file: on record, without personal data, in the words of the screen."""

from html import unescape

from django.test import Client

from accounts.models import User
from payments.models import ItemOutcome, PersonalDataAccess, RunStatus, VerificationRun
from tests.payments.admin.conftest import rows_of, text_of

from .pages import change, page, settle


def test_what_a_run_changed_adds_up_in_its_file(exporter: Client, run: VerificationRun) -> None:
    settle(run, ItemOutcome.MOVED, 2, became="cancelled", moved_amount=-105_000)
    settle(run, ItemOutcome.AGREES, 28)
    rows = rows_of(exporter.post(page(run, "export"), {"reason": "4월 대사"}))
    changed = [(row["Became"], row["Won that moved"]) for row in rows]
    assert changed == [("cancelled", "-105000")] * 2 + [("", "0")] * 28


def test_results_are_exported_with_the_reason_on_record_and_no_personal_data(
    exporter: Client, run: VerificationRun, customer: User, finance: User
) -> None:
    settle(run, ItemOutcome.DIFFERS, 1, findings="amount", error="=1+1")
    settle(run, ItemOutcome.AGREES, 29)
    response = exporter.post(page(run, "export"), {"reason": "4월 대사"})
    rows = rows_of(response)
    assert len(rows) == 30
    assert rows[0]["Outcome"] == "differs"
    assert rows[0]["Differences in words"] == "The amount differs"
    assert rows[0]["Error"] == "'=1+1"
    assert rows[0]["Settled"].endswith("+09:00")
    assert customer.email not in str(rows)
    access = PersonalDataAccess.objects.get()
    assert (access.actor, access.reason, access.unmasked, access.rows) == (
        finance,
        "4월 대사",
        False,
        30,
    )
    assert access.query.startswith(f"run={run.pk}")


def test_the_file_says_why_there_was_no_answer_in_the_words_of_the_screen(
    exporter: Client, run: VerificationRun
) -> None:
    why = "refused: GET /payments/imp_1: the gateway refused our keys (status 403, code -1)"
    settle(run, ItemOutcome.UNKNOWN, 1, error=why)
    [row] = rows_of(exporter.post(f"{page(run, 'export')}?outcome=unknown", {"reason": "4월 대사"}))
    assert row["Error"].startswith("The payment gateway refuses our API key")
    assert row["Error"] in unescape(text_of(exporter.get(f"{page(run)}?outcome=unknown")))


def test_results_of_one_outcome_can_be_taken_alone(exporter: Client, run: VerificationRun) -> None:
    settle(run, ItemOutcome.DIFFERS, 2)
    address = f"{page(run, 'export')}?outcome=differs"
    assert ">2</dd>" in text_of(exporter.get(address))
    assert len(rows_of(exporter.post(address, {"reason": "4월 대사"}))) == 2


def test_of_a_stopped_run_the_file_says_what_is_not_known(
    exporter: Client, run: VerificationRun
) -> None:
    change(run, status=RunStatus.STOPPED)
    rows = rows_of(exporter.post(page(run, "export"), {"reason": "4월 대사"}))
    assert {row["Outcome in words"] for row in rows} == {"Not known"}


def test_without_a_reason_nothing_leaves(exporter: Client, run: VerificationRun) -> None:
    response = exporter.post(page(run, "export"), {"reason": "x"})
    assert response.headers["Content-Type"].startswith("text/html")
    assert not PersonalDataAccess.objects.exists()

"""The record of who saw personal data: complete, with a reason, and there for good."""

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import translation

from accounts.models import User
from payments.core.db.append_only import AppendOnlyError
from payments.errors import NotAllowed
from payments.models import AccessKind, AccessQuery, Payment, PersonalDataAccess, Product
from payments.services.access_log import MIN_REASON, erase_queries, record_access
from tests.payments import builders


@pytest.fixture
def payment(customer: User, product: Product) -> Payment:
    return builders.paid(customer, product)


@pytest.fixture
def access(finance: User, payment: Payment) -> PersonalDataAccess:
    """Finance looked at one payment."""
    return record_access(
        actor=finance,
        kind=AccessKind.VIEWED,
        reason="고객 문의 확인",
        unmasked=True,
        payment=payment,
        remote_address="203.0.113.7",
    )


def test_a_record_says_who_what_why_and_from_where(
    access: PersonalDataAccess, finance: User, payment: Payment
) -> None:
    access.refresh_from_db()
    assert (access.actor, access.actor_name) == (finance, "finance@example.com")
    assert (access.kind, access.unmasked, access.payment) == ("viewed", True, payment)
    assert (access.reason, access.remote_address) == ("고객 문의 확인", "203.0.113.7")
    assert access.at is not None


@pytest.mark.parametrize("reason", ["", "     ", "test", " ab  ", "\x00\x00\x00\x00\x00"])
def test_no_record_without_a_reason(finance: User, reason: str) -> None:
    refusal = pytest.raises(NotAllowed, match=f"at least {MIN_REASON} characters")
    with translation.override("en"), refusal:
        record_access(actor=finance, kind=AccessKind.VIEWED, reason=reason, unmasked=True)
    assert not PersonalDataAccess.objects.exists()


def test_whatever_is_written_can_be_stored(finance: User) -> None:
    access = record_access(
        actor=finance,
        kind=AccessKind.EXPORTED,
        reason="x\x00\ud800" + "가" * 600,
        unmasked=False,
        query="q=\x00",
    )
    access.refresh_from_db()
    assert access.reason == "x" + "가" * 499
    assert access.query == "q="


def test_a_record_is_neither_changed_nor_removed(access: PersonalDataAccess) -> None:
    with pytest.raises(AppendOnlyError):
        access.save()
    with pytest.raises(AppendOnlyError):
        access.delete()
    with pytest.raises(AppendOnlyError):
        PersonalDataAccess.objects.update(reason="nothing")


@pytest.mark.parametrize("verb", ["UPDATE {} SET reason = ''", "DELETE FROM {}"])
def test_the_database_refuses_as_well(access: PersonalDataAccess, verb: str) -> None:
    with (
        pytest.raises(DatabaseError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(verb.format("payments_personaldataaccess"))


# --- What was searched for ------------------------------------------------------------------


def searched(actor: User, query: str) -> PersonalDataAccess:
    """A list was looked at."""
    return record_access(
        actor=actor, kind=AccessKind.VIEWED, reason="고객 문의 확인", unmasked=True, query=query
    )


def test_the_row_that_is_for_good_holds_no_search_words(finance: User) -> None:
    access = searched(finance, "q=minji%40example.com")
    [row] = PersonalDataAccess.objects.values()
    assert "minji" not in str(row)
    access.refresh_from_db()
    assert access.query == "q=minji%40example.com"
    assert not access.is_query_erased
    assert not access.is_query_changed


def test_the_same_words_twice_have_two_hashes(finance: User) -> None:
    first, second = (searched(finance, "q=minji%40example.com") for _ in range(2))
    assert first.query_hash != second.query_hash


@pytest.mark.parametrize("words", ["minji@example.com", "MINJI@EXAMPLE.COM", "minji%40example.com"])
def test_search_words_are_erased_and_the_access_stays(finance: User, words: str) -> None:
    access, other = searched(finance, "q=minji%40example.com"), searched(finance, "q=junho")
    assert erase_queries(words=words) == 1
    access, other = (PersonalDataAccess.objects.get(pk=row.pk) for row in (access, other))
    assert (access.query, access.is_query_erased) == ("", True)
    assert (other.query, other.is_query_erased) == ("q=junho", False)


def test_korean_words_are_found_as_they_stand_in_an_address(finance: User) -> None:
    searched(finance, "q=%EA%B9%80%EB%AF%BC%EC%A7%80%EC%94%A8")
    assert erase_queries(words="김민지") == 1


@pytest.mark.parametrize("words", ["", "a", " a  "])
def test_too_few_letters_erase_nothing(finance: User, words: str) -> None:
    searched(finance, "q=aaaa")
    with pytest.raises(NotAllowed):
        erase_queries(words=words)
    assert AccessQuery.objects.count() == 1


def test_words_that_were_changed_are_seen(finance: User) -> None:
    access = searched(finance, "q=minji")
    AccessQuery.objects.update(query="q=junho")
    access = PersonalDataAccess.objects.get(pk=access.pk)
    assert access.is_query_changed

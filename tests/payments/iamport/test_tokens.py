"""The token's life: when it is fetched, shared, renewed and given up."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from payments.iamport import AuthenticationFailed, IamportClient, Malformed, Unavailable
from payments.iamport.tokens import Token, TokenCache
from tests.payments.iamport.scripted import (
    KEY,
    SECRET,
    TOKEN,
    Answer,
    Gateway,
    envelope,
    held,
    html,
    payment,
    refusal,
    token,
)

from .conftest import Clock, MakeClient

ONE = "/payments/imp_1"
SIGN_IN = "/users/getToken"
OTHER = "f" * 40


@pytest.fixture(autouse=True)
def _a_payment(gateway: Gateway) -> None:
    gateway.on("GET", ONE, envelope(payment(imp_uid="imp_1")))


def used(gateway: Gateway) -> list[str]:
    return [seen.headers["Authorization"] for seen in gateway.calls("GET", ONE)]


def test_the_keys_are_sent_in_the_body_and_the_token_bare(
    gateway: Gateway, client: IamportClient
) -> None:
    client.payment("imp_1")
    assert gateway.seen[0].body == {"imp_key": KEY, "imp_secret": SECRET}
    assert gateway.seen[0].query == []
    assert used(gateway) == [TOKEN]


def test_no_token_is_fetched_before_it_is_needed(gateway: Gateway, client: IamportClient) -> None:
    assert gateway.token_calls == 0


def test_one_token_serves_until_a_minute_before_its_end(
    gateway: Gateway, client: IamportClient, clock: Clock
) -> None:
    for now in (1000.0, 1900.0, 1000.0 + 1800 - 60.5):
        clock.now = now
        client.payment("imp_1")
    assert gateway.token_calls == 1


def test_in_the_last_minute_it_is_renewed(
    gateway: Gateway, client: IamportClient, clock: Clock
) -> None:
    gateway.on("POST", SIGN_IN, token(life=1800), token(life=359))
    client.payment("imp_1")
    clock.now += 1800 - 59
    client.payment("imp_1")
    client.payment("imp_1")
    assert gateway.token_calls == 2
    clock.now += 359 - 61
    client.payment("imp_1")
    assert gateway.token_calls == 2


def test_a_life_is_the_gateways_own_difference_not_our_wall_clock(
    gateway: Gateway, client: IamportClient, clock: Clock
) -> None:
    gateway.on("POST", SIGN_IN, token(now=1, life=100))
    client.payment("imp_1")
    clock.now += 39
    client.payment("imp_1")
    assert gateway.token_calls == 1
    clock.now += 2
    client.payment("imp_1")
    assert gateway.token_calls == 2


def test_a_renewal_that_gains_nothing_is_not_asked_for_with_every_call(
    gateway: Gateway, client: IamportClient, clock: Clock
) -> None:
    gateway.on("POST", SIGN_IN, token(life=1800), token(life=60), token(life=355))
    client.payment("imp_1")
    clock.now += 1741  # by our clock the last minute, by the gateway's a second before it
    for _ in range(20):
        client.payment("imp_1")
    assert gateway.token_calls == 2
    clock.now += 6
    client.payment("imp_1")
    assert gateway.token_calls == 3


def test_a_token_shorter_than_the_margin_serves_its_whole_life(
    gateway: Gateway, client: IamportClient, clock: Clock
) -> None:
    gateway.on("POST", SIGN_IN, token(life=3))
    client.payment("imp_1")
    clock.now += 2.5
    client.payment("imp_1")
    assert gateway.token_calls == 1
    clock.now += 1
    client.payment("imp_1")
    assert gateway.token_calls == 2


def test_twenty_threads_fetch_one_token(gateway: Gateway, client: IamportClient) -> None:
    gate = threading.Event()
    start = threading.Barrier(20)
    gateway.on("POST", SIGN_IN, held(gate, token()))

    def ask() -> str:
        start.wait(5)
        return client.payment("imp_1").imp_uid

    with ThreadPoolExecutor(20) as pool:
        asked = [pool.submit(ask) for _ in range(20)]
        while not gateway.token_calls:
            gate.wait(0.01)
        gate.wait(0.1)  # time enough for a second thread to ask, if one would
        gate.set()
        assert {future.result(5) for future in asked} == {"imp_1"}
    assert gateway.token_calls == 1


def test_twenty_threads_share_one_failure(gateway: Gateway, make_client: MakeClient) -> None:
    gate = threading.Event()
    start = threading.Barrier(20)
    gateway.on("POST", SIGN_IN, held(gate, html(503)))
    client = make_client(max_retries=0)

    def ask() -> None:
        start.wait(5)
        with pytest.raises(Unavailable):
            client.payment("imp_1")

    with ThreadPoolExecutor(20) as pool:
        asked = [pool.submit(ask) for _ in range(20)]
        while not gateway.token_calls:
            gate.wait(0.01)
        gate.wait(0.1)
        gate.set()
        for future in asked:
            future.result(5)
    assert gateway.token_calls == 1


def test_the_others_go_on_with_the_old_token_while_one_renews(
    gateway: Gateway, client: IamportClient, clock: Clock
) -> None:
    gate = threading.Event()
    gateway.on("POST", SIGN_IN, token(), held(gate, token(OTHER)))
    client.payment("imp_1")
    clock.now += 1750
    with ThreadPoolExecutor(1) as pool:
        renewing = pool.submit(client.payment, "imp_1")
        while gateway.token_calls < 2:
            gate.wait(0.01)
        client.payment("imp_1")
        assert used(gateway) == [TOKEN, TOKEN]
        gate.set()
        renewing.result(5)
    assert used(gateway)[-1] == OTHER


def test_a_failed_renewal_is_no_trouble_while_the_old_token_lives(
    gateway: Gateway, make_client: MakeClient, clock: Clock
) -> None:
    gateway.on("POST", SIGN_IN, token(), html(503))
    client = make_client(max_retries=0)
    client.payment("imp_1")
    clock.now += 1750
    for _ in range(5):
        client.payment("imp_1")
    assert gateway.token_calls == 2
    clock.now += 50
    with pytest.raises(Unavailable):
        client.payment("imp_1")


def test_a_401_renews_once_and_repeats_once(gateway: Gateway, client: IamportClient) -> None:
    gateway.on("POST", SIGN_IN, token(), token(OTHER))
    gateway.on("GET", ONE, refusal(401, -1, "Unauthorized"), envelope(payment()))
    client.payment("imp_1")
    assert used(gateway) == [TOKEN, OTHER]
    assert gateway.token_calls == 2


def test_a_401_is_repeated_even_if_the_gateway_gives_the_same_token_again(
    gateway: Gateway, client: IamportClient
) -> None:
    gateway.on("GET", ONE, refusal(401, -1, "Unauthorized"), envelope(payment()))
    client.payment("imp_1")
    assert used(gateway) == [TOKEN, TOKEN]


DONE = payment(imp_uid="imp_1", status="cancelled", cancel_amount=12000)


def test_a_post_turned_away_with_401_is_sent_again_with_a_new_token(
    gateway: Gateway, client: IamportClient
) -> None:
    gateway.on("POST", "/payments/cancel", refusal(401, -1), envelope(DONE))
    client.cancel(imp_uid="imp_1", amount=12000, checksum=12000, reason="변심")
    assert len(gateway.calls("POST", "/payments/cancel")) == 2


def test_a_second_401_is_final(gateway: Gateway, client: IamportClient) -> None:
    gateway.on("GET", ONE, refusal(401, -1, "Unauthorized"))
    with pytest.raises(AuthenticationFailed, match="Unauthorized") as raised:
        client.payment("imp_1")
    assert raised.value.status == 401
    assert (len(gateway.calls("GET", ONE)), gateway.token_calls) == (2, 2)


def test_a_403_is_final_at_once(gateway: Gateway, client: IamportClient) -> None:
    gateway.on("GET", ONE, refusal(403, -1, "IP"))
    with pytest.raises(AuthenticationFailed):
        client.payment("imp_1")
    assert (len(gateway.calls("GET", ONE)), gateway.token_calls) == (1, 1)


@pytest.mark.parametrize(
    "answer",
    [
        refusal(401, -1, "인증에 실패하였습니다. API키와 secret을 확인하세요."),
        refusal(403, -1, "인증에 실패하였습니다. API키와 secret을 확인하세요."),
        refusal(400, -1, "인증에 실패하였습니다. API키와 secret을 확인하세요."),
        refusal(404, -1, "인증에 실패하였습니다. API키와 secret을 확인하세요."),
        refusal(200, 1, "인증에 실패하였습니다. API키와 secret을 확인하세요."),
    ],
)
def test_wrong_keys_say_so_in_the_gateways_words(
    gateway: Gateway, client: IamportClient, answer: Answer
) -> None:
    gateway.on("POST", SIGN_IN, answer)
    with pytest.raises(AuthenticationFailed, match="API키와 secret을 확인하세요") as raised:
        client.payment("imp_1")
    assert raised.value.path == SIGN_IN
    assert gateway.token_calls == 1
    assert not gateway.calls("GET", ONE)


def test_keys_that_work_again_are_used_again(gateway: Gateway, client: IamportClient) -> None:
    gateway.on("POST", SIGN_IN, refusal(401, -1), token())
    with pytest.raises(AuthenticationFailed):
        client.payment("imp_1")
    assert client.payment("imp_1").imp_uid == "imp_1"


def test_asking_for_a_token_is_repeated_on_passing_trouble(
    gateway: Gateway, client: IamportClient, sleeps: list[float]
) -> None:
    gateway.on("POST", SIGN_IN, html(502), html(503), token())
    client.payment("imp_1")
    assert (gateway.token_calls, len(sleeps)) == (3, 2)


@pytest.mark.parametrize(
    "response",
    [
        None,
        [],
        {},
        {"access_token": "", "now": 1, "expired_at": 1801},
        {"access_token": None, "now": 1, "expired_at": 1801},
        {"access_token": 12345, "now": 1, "expired_at": 1801},
        {"access_token": "two\nlines", "now": 1, "expired_at": 1801},
        {"access_token": "한글", "now": 1, "expired_at": 1801},
        {"access_token": "a b", "now": 1, "expired_at": 1801},
        {"access_token": "abc", "now": 1801, "expired_at": 1},
        {"access_token": "abc", "now": 1801, "expired_at": 1801},
        {"access_token": "abc", "expired_at": 1801},
        {"access_token": "abc", "now": 1},
        {"access_token": "abc", "now": True, "expired_at": "soon"},
    ],
)
def test_a_token_answer_of_the_wrong_shape_is_malformed(
    gateway: Gateway, client: IamportClient, response: object
) -> None:
    gateway.on("POST", SIGN_IN, envelope(response))
    with pytest.raises(Malformed):
        client.payment("imp_1")


def test_of_many_threads_refused_at_once_one_renews() -> None:
    fetched = []

    def fetch() -> tuple[str, int]:
        fetched.append(1)
        return "same", 1800

    cache = TokenCache(fetch, monotonic=lambda: 0.0)
    lease = cache.get()
    for _ in range(20):
        cache.discard(lease)
        cache.get()
    assert len(fetched) == 2


def test_an_unexpected_failure_lets_the_waiting_threads_go() -> None:
    calls = []

    def fetch() -> tuple[str, int]:
        calls.append(1)
        if len(calls) == 1:
            raise RuntimeError("bug")
        return "token", 1800

    cache = TokenCache(fetch, monotonic=lambda: 0.0)
    with pytest.raises(RuntimeError, match="bug"):
        cache.get()
    assert cache.get().value == "token"


def test_a_discarded_token_is_not_brought_back_by_a_failed_renewal() -> None:
    now = [0.0]
    leases: list[Token] = []

    def fetch() -> tuple[str, int]:
        if leases:
            cache.discard(leases[0])  # another thread is refused while the renewal is under way
            raise Unavailable("down")
        return "old", 100

    cache = TokenCache(fetch, monotonic=lambda: now[0])
    leases.append(cache.get())
    now[0] = 50.0
    with pytest.raises(Unavailable):
        cache.get()

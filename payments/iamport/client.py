"""The client: one method per thing the product asks the gateway for.

A new endpoint is a new method: check the arguments in `arguments` (before any call), name a reader
in `parsing`, call. Every method may raise AuthenticationFailed, Unavailable and Malformed besides
what it names, and ValueError for arguments that must not be sent. Amounts are whole won, times unix
seconds in UTC. Whether an answer is the right one (whose order, which amount) is for the caller to
compare: the client hands out what the gateway answered.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from typing import Any
from urllib.parse import quote

from . import arguments, parsing
from .calls import Caller
from .clock import OnTime, ignore
from .errors import Malformed, NotFound, Refused
from .paging import by_key, slices, without_key
from .schemas import (
    Batch,
    GatewayPayment,
    Page,
    Prepared,
    PrepareOutcome,
    RefundAccount,
    Row,
    Unreadable,
)
from .transport import Limits, Transport
from .values import ShapeError

IDS_PER_CALL = 100  # ids per call (contract 2.3)
_ATTEMPTS_PER_PAGE = 100
NORMAL = Limits()

Params = Sequence[tuple[str, str]]
# What takes rows that can't be read, one by one.
SetAside = Callable[[Unreadable], object]


class IamportClient:
    """Iamport (PortOne V1) over HTTP. Make one per key and process; threads may share it."""

    def __init__(
        self,
        *,
        api_url: str,
        key: str,
        secret: str,
        include_sandbox: bool = False,
        connect_timeout: float = 3.05,
        read_timeout: float = 10.0,
        limits: Limits = NORMAL,
        max_retries: int = 2,
        backoff: float = 0.2,
        pool_size: int = 16,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        gate: Callable[[], AbstractContextManager[None]] = nullcontext,
        on_time: OnTime = ignore,
    ) -> None:
        """`include_sandbox` shows `payment` test payments: never in production (contract 2.2).

        `gate` is entered around every call and sees how it ends; one that must not be made now
        raises Busy. `on_time` hears the gateway's time with every answer, in whichever thread made
        the call.
        """
        if not key.strip() or not secret.strip():
            raise ValueError("the REST API key and secret are missing (PortOne console, V1 API)")
        self._api_url = arguments.base(api_url)
        self._include_sandbox = include_sandbox
        self._transport = Transport(
            self._api_url,
            timeout=(connect_timeout, read_timeout),
            limits=limits,
            max_retries=max_retries,
            backoff=backoff,
            pool_size=pool_size,
            monotonic=monotonic,
            sleep=sleep,
            on_time=on_time,
        )
        self._caller = Caller(
            self._transport,
            key=key,
            secret=secret,
            monotonic=monotonic,
            gate=gate,
            on_time=on_time,
        )
        self._call = self._caller.call

    def __repr__(self) -> str:
        return f"IamportClient(api_url={self._api_url!r})"

    def register(self, *, merchant_uid: str, amount: int, currency: str = "KRW") -> Prepared:
        """Fix an order's amount before its window opens (contract 2.1).

        Sent once, never repeated. Refused if the merchant_uid is registered already, even for the
        same amount.
        """
        body = arguments.preparation(merchant_uid, amount, currency)
        read = partial(parsing.prepared, outcome=PrepareOutcome.REGISTERED, asked=body)
        return self._call("POST", "/payments/prepare", read, body=body)

    def registered(self, *, merchant_uid: str) -> Prepared | None:
        """What is registered for a merchant_uid, None if nothing is (contract 2.1)."""
        path = _path("payments", "prepare", arguments.merchant_uid(merchant_uid))
        read = partial(
            parsing.prepared,
            outcome=PrepareOutcome.ALREADY_REGISTERED,
            asked={"merchant_uid": merchant_uid},
        )
        try:
            return self._call("GET", path, read)
        except NotFound:
            return None
        except Refused as error:
            # The docs don't list the 404 that is seen here; code != 0 with 200 means the same.
            if error.status == 200:
                return None
            raise

    def amend(self, *, merchant_uid: str, amount: int, currency: str = "KRW") -> Prepared:
        """Change a registered amount (contract 2.1). NotFound if nothing is registered.

        Never for a paid order: what the gateway does then is not documented.
        """
        body = arguments.preparation(merchant_uid, amount, currency)
        read = partial(parsing.prepared, outcome=PrepareOutcome.AMENDED, asked=body)
        return self._call("PUT", "/payments/prepare", read, body=body)

    def prepare(self, *, merchant_uid: str, amount: int, currency: str = "KRW") -> Prepared:
        """Make sure that exactly this amount is registered, whatever was before (contract 2.1).

        Register; if refused, look; if it differs, amend. Calling it again is always safe, so that
        is what to do after Unavailable or Malformed.
        """
        wanted = arguments.preparation(merchant_uid, amount, currency)
        try:
            return self.register(merchant_uid=merchant_uid, amount=amount, currency=currency)
        except Refused:
            registration = self.registered(merchant_uid=merchant_uid)
            if registration is None:
                raise  # refused for another reason than being there already
        held = {key: getattr(registration, key) for key in wanted}
        if held == wanted:
            return registration
        return self.amend(merchant_uid=merchant_uid, amount=amount, currency=currency)

    def payment(self, imp_uid: str) -> GatewayPayment:
        """One payment attempt (contract 2.2). NotFound if unknown, not ours, or a hidden test one.

        The answer's own imp_uid comes back unchanged: compare it with the one asked for.
        """
        path = _path("payments", arguments.imp_uid(imp_uid))
        params = [("include_sandbox", "true")] if self._include_sandbox else []
        try:
            return self._call("GET", path, parsing.payment, params=params)
        except NotFound as error:
            if not self._include_sandbox:
                error.message += "; test-channel payments are hidden without include_sandbox"
            raise

    def payments(self, *, imp_uids: Iterable[str] = (), merchant_uids: Iterable[str] = ()) -> Batch:
        """Many payments at once, any number of ids, 100 a call (contract 2.3).

        A merchant_uid with several attempts yields one of them, not said which: prefer imp_uids.
        Test-channel payments are not filtered here: look at `sandbox`. What an answer leaves out is
        asked for once more before it counts as missing.
        """
        wanted = arguments.imp_uids(imp_uids), arguments.merchant_uids(merchant_uids)
        rows: dict[str, Row] = {}
        for _time in range(2):
            missing = _missing(wanted, rows)
            ids = [("imp_uid[]", uid) for uid in missing[0]]
            ids += [("merchant_uid[]", uid) for uid in missing[1]]
            for start in range(0, len(ids), IDS_PER_CALL):
                rows |= self._some(ids[start : start + IDS_PER_CALL])
        missing_imp_uids, missing_merchant_uids = _missing(wanted, rows)
        return Batch(
            payments=tuple(row for row in rows.values() if isinstance(row, GatewayPayment)),
            missing_imp_uids=missing_imp_uids,
            missing_merchant_uids=missing_merchant_uids,
            unreadable=tuple(row for row in rows.values() if isinstance(row, Unreadable)),
        )

    def _some(self, ids: Params) -> dict[str, Row]:
        asked = frozenset(uid for _name, uid in ids)
        try:
            read = partial(parsing.batch, asked=asked)
            return self._call("GET", "/payments", read, params=ids, is_list=True)
        except NotFound:
            return {}  # 200 all, 207 some, 404 none of them

    def find(
        self, merchant_uid: str, *, status: str | None = None, sorting: str = "-started"
    ) -> GatewayPayment:
        """One attempt of an order, the first under `sorting` (contract 2.4). NotFound if none.

        Nothing calls it yet: who must see every attempt takes `find_all`.
        """
        path = _by_order("find", merchant_uid, status)
        params = [("sorting", arguments.sorting(sorting))]
        return self._call("GET", path, parsing.payment, params=params)

    def find_all(
        self, merchant_uid: str, *, status: str | None = None, unreadable: SetAside | None = None
    ) -> list[GatewayPayment]:
        """Every attempt of an order, first started first (contract 2.4). NotFound if unknown.

        A row that can't be read, or that is another order's, goes to `unreadable`; without it,
        Malformed.
        """
        path = _by_order("findAll", merchant_uid, status)
        params = [("limit", str(_ATTEMPTS_PER_PAGE)), ("sorting", "started")]
        read = partial(parsing.page, merchant_uid=merchant_uid)
        rows = without_key(partial(self._page, path, params, read))
        return list(_handed_out(rows, path, unreadable))

    def by_status(
        self,
        status: str,
        *,
        from_: int,
        to: int,
        limit: int = 1000,
        unreadable: SetAside | None = None,
    ) -> Iterator[GatewayPayment]:
        """Every payment that got its present `status` (or "all") in `from_`..`to` (contract 2.5).

        In the order of `filed_at`, each once, whatever shifts while the list is read (`paging`).
        Both ends are included; any span, asked in slices of 90 days; `limit` is the page size. The
        time is that of the present status, so a payment moves when it changes: a June payment
        cancelled in August is found in August only. To find all of a set, ask by ids. A row that
        can't be read, or has no time in the span, goes to `unreadable`; without it, Malformed.
        """
        path = _path("payments", "status", arguments.status(status, allow_all=True))
        size = arguments.page_size(limit)
        windows = slices(*arguments.span(from_, to))
        params = [("sorting", "updated"), ("limit", str(size))]

        def fetch(window: tuple[int, int], number: int) -> Page:
            span = [("from", str(window[0])), ("to", str(window[1]))]
            return self._page(path, [*params, *span], parsing.page, number)

        return _handed_out(by_key(windows, fetch), path, unreadable)

    def _page(self, path: str, params: Params, read: Callable[[Any], Page], number: int) -> Page:
        params = [*params, ("page", str(number))]
        return self._call("GET", path, read, params=params, is_list=True)

    def cancel(
        self,
        *,
        imp_uid: str,
        amount: int,
        checksum: int,
        reason: str,
        refund: RefundAccount | None = None,
        enable_webhook: bool = False,
    ) -> GatewayPayment:
        """Refund `amount` won of a payment, in part or whole (contract 2.7). Sent once.

        Nothing calls it yet: it waits for refunds, as `RefundAccount` does.

        `checksum` is what the caller believes can still be refunded (amount - cancel_amount): the
        gateway does nothing if it differs, which is the only guard against refunding twice. Raises
        Refused if the gateway or PG did not do it. After Unavailable (with `sent`) or Malformed (an
        answer about another refund, too) the outcome is unknown: read the payment again before
        anything else. `refund` is the account that a virtual account's deposit goes back to.
        """
        body: dict[str, Any] = {
            "imp_uid": arguments.imp_uid(imp_uid),
            # Never 0 or left out: either would refund all that is left.
            "amount": arguments.won("amount", amount),
            "checksum": arguments.won("checksum", checksum),
            "reason": arguments.reason(reason),
        }
        if refund is not None:
            body |= refund.params()
        if enable_webhook:
            body["enable_webhook"] = True
        read = partial(parsing.refunded, imp_uid=imp_uid, left=checksum - amount)
        return self._call("POST", "/payments/cancel", read, body=body)

    def ask_time(self) -> None:
        """Have the gateway tell its time to `on_time`, by the smallest call (contract 1.1)."""
        self._caller.ask_time()

    def close(self) -> None:
        """Close the pooled connections."""
        self._transport.close()


def _missing(
    wanted: tuple[list[str], list[str]], rows: Mapping[str, Row]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Of the imp_uids and merchant_uids that are wanted, those that no row answers."""
    merchants = {row.merchant_uid for row in rows.values() if isinstance(row, GatewayPayment)}
    return (
        tuple(uid for uid in wanted[0] if uid not in rows),
        tuple(uid for uid in wanted[1] if uid not in merchants),
    )


def _handed_out(
    rows: Iterable[Row], path: str, unreadable: SetAside | None
) -> Iterator[GatewayPayment]:
    """The payments; the rest goes to `unreadable`. What can't be a list at all is Malformed."""
    try:
        for row in rows:
            if isinstance(row, GatewayPayment):
                yield row
            elif unreadable is not None:
                unreadable(row)
            else:
                raise Malformed(f"{row.name}: {row.why}", method="GET", path=path)
    except ShapeError as error:
        raise Malformed(str(error), method="GET", path=path) from None


def _path(*segments: str) -> str:
    return "".join("/" + quote(segment, safe="") for segment in segments)


def _by_order(endpoint: str, merchant_uid: str, status: str | None) -> str:
    segments = ["payments", endpoint, arguments.merchant_uid(merchant_uid)]
    if status is not None:
        segments.append(arguments.status(status))
    return _path(*segments)

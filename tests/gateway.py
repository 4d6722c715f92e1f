"""The stand-in gateway as tests use it: its control API, nothing of its code."""

from typing import Any

import requests


class SandboxGateway:
    """A handle on a running sandbox. Amounts in won, times in unix seconds."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._http = requests.Session()

    def close(self) -> None:
        """Give the connections back."""
        self._http.close()

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """Call the control API; a refused call is a mistake in the test."""
        response = self._http.request(method, f"{self.url}/_sandbox/{path}", json=body, timeout=30)
        assert response.ok, f"{method} {path}: {response.status_code} {response.text}"
        return response.json() if response.content else None

    def reset(self) -> None:
        """Forget everything."""
        self.control("POST", "reset")

    def pay(self, merchant_uid: str, amount: int, **fields: Any) -> dict[str, Any]:
        """A payment as if a buyer had used the window; see sandbox/README.md for the fields."""
        body = {"merchant_uid": merchant_uid, "amount": amount, "webhook": False, **fields}
        payment: dict[str, Any] = self.control("POST", "payments", body)
        return payment

    def deposit(self, imp_uid: str) -> dict[str, Any]:
        """Money arrives in a virtual account."""
        payment: dict[str, Any] = self.control("POST", f"payments/{imp_uid}/deposit", {})
        return payment

    def cancel(
        self, imp_uid: str, amount: int | None = None, *, cancelled_at: int | None = None
    ) -> dict[str, Any]:
        """A refund from the gateway's own console.

        `amount` None is all that is left; `cancelled_at` dates it, otherwise it is of now.
        """
        given = {"reason": "고객 요청", "amount": amount, "cancelled_at": cancelled_at}
        body = {name: value for name, value in given.items() if value}
        payment: dict[str, Any] = self.control("POST", f"payments/{imp_uid}/cancel", body)
        return payment

    def take_back(self, imp_uid: str, cancellation_id: str | None = None) -> dict[str, Any]:
        """A refund is undone at the PG: the named one, or the last."""
        body = {"cancellation_id": cancellation_id}
        payment: dict[str, Any] = self.control("POST", f"payments/{imp_uid}/take-back", body)
        return payment

    def change(self, imp_uid: str, **fields: Any) -> dict[str, Any]:
        """The gateway answers other values for this payment from now on, right or not."""
        payment: dict[str, Any] = self.control("PATCH", f"payments/{imp_uid}", fields)
        return payment

    def switch(self, **settings: Any) -> None:
        """Change how the gateway is set, such as `visible_delay`; see sandbox/README.md."""
        self.control("POST", "settings", settings)

    def fault(self, kind: str, **fields: Any) -> None:
        """Break something: latency, cut, drip, rows_refunded and more; see sandbox/README.md."""
        self.control("POST", "faults", {"kind": kind, **fields})

    def heal(self) -> None:
        """End all faults."""
        self.control("DELETE", "faults")

    def calls(self) -> Any:
        """Which gateway calls were made since the last reset."""
        return self.control("GET", "calls")

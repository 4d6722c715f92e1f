"""The switches: what the real console or a mail to the gateway's support would change.

To add one, add a field here with its default and a line in README.md; GET and POST
/_sandbox/settings pick it up by its type.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields, replace
from typing import Any

CONTENT_TYPES = ("application/json", "application/x-www-form-urlencoded")


class SettingError(ValueError):
    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


@dataclass
class Settings:
    webhook_url: str = ""
    webhook_content_type: str = CONTENT_TYPES[0]
    webhook_lost: bool = False
    webhook_doubled: bool = False
    webhook_late: float = 0.0
    webhook_retries: bool = False
    webhook_first: bool = False
    hide_test_payments: bool = True
    callback_drops_success: bool = False
    redirect_sends_imp_success: bool = True
    confirm_process: bool = False
    vbank_expiry_fails: bool = False
    cancel_refusal_status: int = 200
    visible_delay: float = 0.0
    receipt_after_part_refund: bool = False
    token_extension: bool = True

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    def changed(self, given: dict[str, Any]) -> Settings:
        kinds = {field.name: type(getattr(self, field.name)) for field in fields(self)}
        for name, value in given.items():
            if name not in kinds:
                raise SettingError(name, "unknown setting")
            given = {**given, name: _converted(name, value, kinds[name])}
        return replace(self, **given)

    def update(self, given: dict[str, Any]) -> None:
        for name, value in self.changed(given).as_json().items():
            setattr(self, name, value)


def _converted(name: str, value: Any, kind: type[Any]) -> Any:
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if not isinstance(value, kind) or isinstance(value, bool) is not (kind is bool):
        raise SettingError(name, f"must be {kind.__name__}")
    if name == "webhook_content_type" and value not in CONTENT_TYPES:
        raise SettingError(name, f"must be one of {', '.join(CONTENT_TYPES)}")
    if name == "webhook_url" and value and not value.startswith(("http://", "https://")):
        raise SettingError(name, "must be an http(s) URL or empty")
    if name == "cancel_refusal_status" and not 200 <= value <= 599:
        raise SettingError(name, "must be an HTTP status")
    if kind is float and not 0 <= value < float("inf"):
        raise SettingError(name, "must be 0 or more seconds")
    return value

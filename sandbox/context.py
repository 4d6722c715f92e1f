"""Everything one sandbox process holds, reachable from a request as `sandbox()`."""

from __future__ import annotations

import hmac
import os
from dataclasses import dataclass, field, replace

from flask import current_app

from sandbox.faults.registry import Faults
from sandbox.settings import Settings
from sandbox.state.calls import Calls
from sandbox.state.clock import Clock
from sandbox.state.payment_rows import ImpUids
from sandbox.state.store import Store
from sandbox.state.tokens import Tokens
from sandbox.state.webhooks import Webhooks

EXTENSION = "sandbox"


@dataclass(frozen=True)
class Credentials:
    key: str = "sandbox_key"
    secret: str = "sandbox_secret"
    user_code: str = "imp00000000"

    @classmethod
    def from_env(cls) -> Credentials:
        return cls(
            key=os.environ.get("IAMPORT_KEY") or cls.key,
            secret=os.environ.get("IAMPORT_SECRET") or cls.secret,
            user_code=os.environ.get("IAMPORT_USER_CODE") or cls.user_code,
        )

    def match(self, key: str, secret: str) -> bool:
        return hmac.compare_digest(
            f"{self.key}\n{self.secret}".encode(), f"{key}\n{secret}".encode()
        )


@dataclass
class Sandbox:
    store: Store
    clock: Clock
    tokens: Tokens
    faults: Faults
    settings: Settings
    webhooks: Webhooks
    credentials: Credentials
    startup: Settings
    calls: Calls = field(default_factory=Calls)
    imp_uids: ImpUids = field(default_factory=ImpUids)

    @classmethod
    def build(cls, data: str, settings: Settings, credentials: Credentials) -> Sandbox:
        store = Store(data)
        clock = Clock(store)
        return cls(
            store=store,
            clock=clock,
            tokens=Tokens(clock),
            faults=Faults(),
            settings=settings,
            webhooks=Webhooks(store, clock, settings),
            credentials=credentials,
            startup=replace(settings),
        )

    def reset(self, keep_settings: bool) -> None:
        self.webhooks.forget()
        self.faults.remove()
        self.store.wipe()
        self.clock.set_offset(0.0)
        self.tokens.revoke()
        self.calls.clear()
        if not keep_settings:
            self.settings.update(self.startup.as_json())

    def close(self) -> None:
        self.faults.remove()
        self.webhooks.close()
        self.store.close()


def sandbox() -> Sandbox:
    world: Sandbox = current_app.extensions[EXTENSION]
    return world

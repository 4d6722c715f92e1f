"""Which paths are the gateway's: all but those of the stand-in's own pages and levers.

Whatever else is asked for, known or not, is answered as the gateway would: 401 first, then JSON.
To add a page of the stand-in's own, put it under one of `OWN`.
"""

from __future__ import annotations

import re

OWN = ("_sandbox", "_static", "console", "window")
OWN_FILES = ("/", "/v1/iamport.js")


def is_gateway(path: str) -> bool:
    return path not in OWN_FILES and path.split("/", 2)[1] not in OWN


def as_routed(path: str) -> str:
    """The path as the routes spell it, before it is decoded.

    Published clients end paths with a slash (PHP: /payments/cancel/, Go and iamporter:
    /payments/findAll/{merchant_uid}/) or double one (PHP: /vbanks//{imp_uid}). An encoded slash
    belongs to its parameter: it must not split it (contract 2.0).
    """
    kept = re.sub("%2F", "%252F", path, flags=re.IGNORECASE)
    return (re.sub("//+", "/", kept).rstrip("/") or "/") if kept.startswith("/") else kept

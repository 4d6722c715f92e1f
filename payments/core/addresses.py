"""Where a request came from: one function for webhooks, limits, logs, records and the sign-in.

Anybody can write an X-Forwarded-For header. What can be believed of it are the entries that our own
proxies have added, and those stand on the right: with two proxies, the caller is the second from
the right. To believe another header: `caller_address`.
"""

import ipaddress
from collections.abc import Mapping

# All addresses of one line at home or in an office: whoever has one has the other 2 ** 64 too.
_IPV6_LINE = 64


def caller_address(*, meta: Mapping[str, object], proxies: int) -> str | None:
    """The caller's IP address as it is written usually; None if nobody trustworthy tells.

    `meta` is the request's META, `proxies` how many of ours stand in front. A request that came
    past them, without the header, has the address of its connection.
    """
    forwarded = str(meta.get("HTTP_X_FORWARDED_FOR") or "")
    entries = [entry.strip() for entry in forwarded.split(",")] if forwarded.strip() else []
    if 0 < proxies <= len(entries):
        return plain_address(entries[-proxies])
    return plain_address(str(meta.get("REMOTE_ADDR") or ""))


def plain_address(text: str) -> str | None:
    """The address alone, without port, brackets, quotes or zone; None if it is none."""
    host = text.strip().strip('"')
    if host.startswith("["):
        host = host[1:].partition("]")[0]
    elif host.count(":") == 1:
        host = host.partition(":")[0]
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return str(mapped or address)


def line_of(address: str | None) -> str:
    """What a limit counts by: the address, of IPv6 its network; "unknown" for none."""
    if address is None:
        return "unknown"
    if ":" not in address:
        return address
    return str(ipaddress.ip_network(f"{address}/{_IPV6_LINE}", strict=False))

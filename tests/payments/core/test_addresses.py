"""The caller's address: what our own proxies have added, and nothing that the caller wrote."""

import pytest

from payments.core.addresses import caller_address, line_of, plain_address

PROXY = "10.0.0.1"


def caller(forwarded: str | None, *, proxies: int = 1, peer: str = PROXY) -> str | None:
    meta = {"REMOTE_ADDR": peer} | (
        {} if forwarded is None else {"HTTP_X_FORWARDED_FOR": forwarded}
    )
    return caller_address(meta=meta, proxies=proxies)


@pytest.mark.parametrize(
    ("forwarded", "proxies", "address"),
    [
        ("203.0.113.9", 1, "203.0.113.9"),
        ("6.6.6.6, 203.0.113.9", 1, "203.0.113.9"),
        ("6.6.6.6,203.0.113.9,10.0.0.2", 2, "203.0.113.9"),
        (" 203.0.113.9 ", 1, "203.0.113.9"),
        ("203.0.113.9:51234", 1, "203.0.113.9"),
        ("2001:db8::1", 1, "2001:db8::1"),
        ("[2001:DB8:0::1]:443", 1, "2001:db8::1"),
        ('"[2001:db8::1]:443"', 1, "2001:db8::1"),
        ("::ffff:203.0.113.9", 1, "203.0.113.9"),
        ("fe80::1%eth0", 1, "fe80::1"),
        ("6.6.6.6, nonsense", 1, None),
        ("6.6.6.6, unknown", 1, None),
        ("6.6.6.6,", 1, None),
        ("6.6.6.6, <script>", 1, None),
        ("6.6.6.6", 0, PROXY),
        # Past a proxy of ours, so nothing of it can be believed.
        ("6.6.6.6", 2, PROXY),
        ("", 1, PROXY),
        (None, 1, PROXY),
    ],
)
def test_it_is_read_from_the_right(forwarded: str, proxies: int, address: str | None) -> None:
    assert caller(forwarded, proxies=proxies) == address


@pytest.mark.parametrize("peer", ["", "unix:", "nonsense"])
def test_a_connection_without_an_address_has_none(peer: str) -> None:
    assert caller(None, proxies=0, peer=peer) is None


@pytest.mark.parametrize("text", ["", "1.2.3", "1.2.3.4.5", "[]", "a:b", "9" * 5_000, "1.2.3.4/8"])
def test_what_is_none_is_none(text: str) -> None:
    assert plain_address(text) is None


def test_limits_count_by_the_network_of_ipv6() -> None:
    assert line_of("2001:db8::1") == line_of("2001:db8::ffff:1") == "2001:db8::/64"
    assert line_of("2001:db8:0:1::1") != line_of("2001:db8::1")
    assert line_of("203.0.113.9") == "203.0.113.9"
    assert line_of(None) == "unknown"

"""Which callbacks may be called: nobody reaches inside by subscribing, whatever the address looks like."""

from __future__ import annotations

import socket
import threading
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trunkline.tmf.hub.guard import MOST_LOOKUPS, Callback, Forbidden, Guard, read


def leads_to(*addresses: str) -> Any:
    """A resolver by which every name has these addresses."""

    def resolve(host: str, port: int, *, type: int) -> list[tuple[Any, ...]]:
        return [
            (socket.AF_INET6, type, 6, "", (address, port, 0, 0))
            if ":" in address
            else (socket.AF_INET, type, 6, "", (address, port))
            for address in addresses
        ]

    return resolve


def test_a_callback_has_scheme_host_port_and_what_is_asked_for() -> None:
    assert read("https://Partner.example/hub?of=alarms") == Callback("https", "partner.example", 443, "/hub?of=alarms")
    assert read("http://partner.example:8080") == Callback("http", "partner.example", 8080, "/")
    assert read("http://[2001:db8::1]:8080/x") == Callback("http", "2001:db8::1", 8080, "/x")


@pytest.mark.parametrize(
    "callback",
    [
        "",
        "partner.example/hub",
        "//partner.example/hub",
        "ftp://partner.example/hub",
        "file:///etc/passwd",
        "gopher://partner.example",
        "http:///hub",
        "http://:80/hub",
        "http://user@partner.example/",
        "http://user:password@partner.example/",
        "http://@partner.example/",
        "http://partner.example#@127.0.0.1/",
        "http://partner.example/#part",
        "http://partner.example:0/",
        "http://partner.example:65536/",
        "http://partner.example:http/",
        "http://partner.example\\@127.0.0.1/",
        "http://partner.example/a b",
        "http://partner.example/\r\nHost: inside",
        "http://partner.example\t/",
        "http://p\u00e4rtner.example/",
        "http://partner.example%2f127.0.0.1/",
        "http://[::1/",
        "http://[fe80::1%25eth0]/",
        "http://" + "a" * 2_048,
    ],
)
def test_what_is_no_plain_url_of_http_or_https_is_forbidden(callback: str) -> None:
    with pytest.raises(Forbidden):
        read(callback)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.255.0.9", "0.0.0.0", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1",
        "169.254.169.254", "100.64.0.1", "100.100.100.200", "168.63.129.16", "192.0.0.192", "192.0.2.1", "198.18.0.1",
        "203.0.113.9", "224.0.0.1", "240.0.0.1", "255.255.255.255",
        "::", "::1", "fe80::1", "fe80::1%2", "fec0::1", "fd00:ec2::254", "fc00::1", "ff02::1", "2001:db8::1",
        "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1", "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "2002:7f00:1::", "2002:a00:1::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    ],
)  # fmt: skip
def test_an_address_that_is_not_public_is_forbidden(address: str) -> None:
    with pytest.raises(Forbidden) as refused:
        Guard(resolve=leads_to(address)).places(read("https://partner.example/"))
    assert address not in str(refused.value), "a partner must not learn what lies inside"


@pytest.mark.parametrize("address", ["8.8.8.8", "193.191.1.1", "2a02:1800::1", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_a_public_address_may_be_called(address: str) -> None:
    [place] = Guard(resolve=leads_to(address)).places(read("https://partner.example/"))
    assert place.address[:2] == (address, 443)


def test_in_clear_only_what_the_operator_permits_is_called() -> None:
    callback = read("http://partner.example/")
    with pytest.raises(Forbidden, match="give an https URL"):
        Guard(resolve=leads_to("8.8.8.8")).places(callback)
    assert Guard([ip_network("8.8.8.0/24")], leads_to("8.8.8.8")).places(callback)


def test_one_forbidden_address_among_others_forbids_the_name() -> None:
    with pytest.raises(Forbidden):
        Guard(resolve=leads_to("8.8.8.8", "127.0.0.1")).places(read("https://partner.example/"))


@pytest.mark.parametrize("host", ["127.1", "2130706433", "0x7f.0.0.1", "017700000001", "0", "localhost", "127.0.0.1"])
def test_loopback_is_forbidden_however_it_is_written(host: str) -> None:
    with pytest.raises(Forbidden):
        Guard().places(read(f"http://{host}/"))


def test_a_network_that_the_operator_permits_may_be_called_and_no_other() -> None:
    allow = [ip_network("10.1.0.0/16"), ip_network("fd00:1::/32")]
    for address in ("10.1.2.3", "::ffff:10.1.2.3", "fd00:1::5"):
        assert Guard(allow, leads_to(address)).places(read("http://partner.example/"))
    for address in ("10.2.0.1", "fd00:2::5", "127.0.0.1"):
        with pytest.raises(Forbidden):
            Guard(allow, leads_to(address)).places(read("http://partner.example/"))


@given(st.ip_addresses(v=4))
def test_an_address_of_ipv4_is_judged_alike_in_the_clothes_of_ipv6(address: IPv4Address) -> None:
    guard, number = Guard(), int(address)
    clothes = [IPv6Address((0xFFFF << 32) | number), IPv6Address((0x64FF9B << 96) | number)]
    clothes.append(IPv6Address((0x2002 << 112) | (number << 80)))
    assert {guard.permits(each) for each in clothes} == {guard.permits(address)}


@given(st.ip_addresses())
def test_nothing_that_is_private_link_local_or_loopback_is_ever_permitted(address: IPv4Address | IPv6Address) -> None:
    if address.is_loopback or address.is_link_local or address.is_multicast or address.is_private:
        assert not Guard().permits(address)


@given(st.text(max_size=60))
def test_any_text_is_read_or_forbidden(text: str) -> None:
    for callback in (text, f"http://{text}", f"http://{text}/", f"http://a{text}@b"):
        try:
            found = read(callback)
        except Forbidden:
            continue
        assert found.scheme in ("http", "https")
        assert 0 < found.port < 65_536
        assert "@" not in found.host


def test_mapped_addresses_are_the_same_to_the_guard_as_to_the_kernel() -> None:
    assert not Guard().permits(ip_address("::ffff:127.0.0.1"))


def test_nobody_waits_long_for_a_name_whose_servers_are_slow() -> None:
    answered = threading.Event()

    def slow(host: str, port: int, *, type: int) -> list[tuple[Any, ...]]:
        answered.wait(30)
        return []

    guard = Guard(resolve=slow)
    with pytest.raises(TimeoutError, match="not said within"):
        guard.judge(read("https://slow.example/"), 0.05)
    for _ in range(MOST_LOOKUPS - 1):
        with pytest.raises(TimeoutError, match="not said within"):
            guard.judge(read("https://slow.example/"), 0.001)
    with pytest.raises(TimeoutError, match="names are being looked up"):
        guard.judge(read("https://slow.example/"), 30)
    answered.set()


def test_who_waits_is_told_what_is_forbidden() -> None:
    with pytest.raises(Forbidden):
        Guard(resolve=leads_to("10.0.0.1")).judge(read("https://inside.example/"), 30)
    Guard(resolve=leads_to("9.9.9.9")).judge(read("https://public.example/"), 30)

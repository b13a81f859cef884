"""Which addresses a crawl may connect to: those of the public internet, whatever a name resolves to.

What is checked is the address that a socket is about to connect to, so a name that resolves otherwise at a second look
gains nothing by it, and a redirect to an address that is written out is checked like any other.
"""

import socket
from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any

NAT64 = ip_network("64:ff9b::/96")
"""Behind it lie the addresses of the older protocol, private ones too."""
AddrInfo = tuple[int, int, int, str, tuple[Any, ...]]


class PrivateAddress(OSError):
    """An address that is none of the public internet."""


def is_public(address: str) -> bool:
    """Whether an address may be connected to: not where it is private, of this machine, reserved or for many."""
    try:
        found: IPv4Address | IPv6Address = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(found, IPv6Address):
        within = found.ipv4_mapped or found.sixtofour or (found.teredo[1] if found.teredo else None)
        if within is None and found in NAT64:
            within = IPv4Address(int(found) & 0xFFFF_FFFF)
        if within is not None:
            return is_public(str(within))
        if found.is_site_local:
            return False
    return found.is_global and not (
        found.is_private
        or found.is_loopback
        or found.is_link_local
        or found.is_multicast
        or found.is_reserved
        or found.is_unspecified
    )


def sockets(*, allow_private: bool) -> Callable[[AddrInfo], socket.socket]:
    """Return what makes the sockets of a crawl."""

    def made(info: AddrInfo) -> socket.socket:
        """Make a socket for one address.

        Raises:
            PrivateAddress: it may not be connected to.
        """
        family, kind, protocol, _, address = info
        if not allow_private and not is_public(str(address[0])):
            raise PrivateAddress(f"{address[0]} is a private address")
        return socket.socket(family=family, type=kind, proto=protocol)

    return made

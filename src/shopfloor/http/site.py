"""Where the server listens, and whom it believes."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Site:
    """A server's surroundings."""

    host: str = "127.0.0.1"
    """This machine only, unless another one is named."""
    port: int = 8000
    """0 for any free one."""
    origins: tuple[str, ...] = ()
    """Other sites whose pages may call the API, such as `https://shop.example.com`."""
    trusted_proxies: tuple[str, ...] = ()
    """Addresses or networks of proxies that are believed when they say whom they pass on."""

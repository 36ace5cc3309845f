"""Addresses as every server understands them: their domain in ASCII."""

import idna


def reached(address: str) -> str:
    """Raises ValueError for what is no address, or could say more than one."""
    user, at, domain = address.rpartition("@")
    if not (user and at and domain) or any(one.isspace() or one in "<>" for one in address):
        raise ValueError("this is no address")
    return f"{user}@{ascii_domain(address)}"


def ascii_domain(address: str) -> str:
    """As registries have it since IDNA 2008: `straße` is another domain than `strasse`. Raises ValueError."""
    domain = address.rpartition("@")[2]
    return domain.encode("idna").decode() if domain.isascii() else idna.encode(domain, uts46=True).decode()


def are_same(one: str, other: str) -> bool:
    """Whether two ways to write an address lead to the same place."""
    return _plain(one) == _plain(other) != ""


def _plain(address: str) -> str:
    try:
        return reached(address).lower()
    except ValueError:
        return address.lower()

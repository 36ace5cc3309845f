"""Who calls, and what they may do: bearer tokens with scopes; without tokens, programs on this machine only."""

import hmac
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from workers.http.faults import Fault
from workers.settings_values import ApiToken, Scope

ANYTHING = frozenset(Scope)
LOCAL_NAMES = {"localhost", "ip6-localhost"}
# A proxy on this machine makes everybody look as if they were here.
FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip")

_bearer = HTTPBearer(
    scheme_name="token",
    auto_error=False,
    description="A token of PLAYBOOK_API_TOKENS. Without any, only programs on the same machine may call.",
)


@dataclass(frozen=True, slots=True)
class Caller:
    """`name` is the token's; None for whoever calls from this machine where no tokens are set."""

    name: str | None
    scopes: frozenset[Scope]


def may(scope: Scope) -> Callable[..., Awaitable[Caller]]:
    """The caller, who must have that scope. Raises Fault 401 or 403."""

    async def allowed(
        request: Request, shown: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
    ) -> Caller:
        tokens: Sequence[ApiToken] = request.app.state.tokens
        caller = known(tokens, shown.credentials if shown else None) if tokens else local(request)
        if scope not in caller.scopes:
            fix = f"Use a token with the scope {scope.value}, or give this one the scope in PLAYBOOK_API_TOKENS"
            raise Fault(403, "forbidden", f"the token '{caller.name}' has not the scope {scope.value}", fix)
        return caller

    return allowed


def known(tokens: Sequence[ApiToken], shown: str | None) -> Caller:
    """Every token is compared, in a time that does not tell how much of it was right."""
    if shown is None:
        raise _unauthorized("no token came with the request", "Send the header 'Authorization: Bearer TOKEN'")
    given = shown.encode("utf-8", "surrogatepass")
    found = [one for one in tokens if hmac.compare_digest(one.secret.get_secret_value().encode(), given)]
    if not found:
        raise _unauthorized("the token is not known", "Use one of PLAYBOOK_API_TOKENS")
    return Caller(found[0].name, found[0].scopes)


def local(request: Request) -> Caller:
    """Someone on this machine, and no web page that a browser on it has open."""
    fix = "Set PLAYBOOK_API_TOKENS and send one of them as 'Authorization: Bearer TOKEN'"
    if not is_loopback(request.client.host if request.client else "") or any(
        name in request.headers for name in FORWARDED
    ):
        raise _unauthorized("no tokens are set, so only programs on the same machine may call", fix)
    origin = request.headers.get("origin")
    if not is_loopback(_host(f"//{request.headers.get('host', '')}")) or (origin and not is_loopback(_host(origin))):
        raise _unauthorized("no tokens are set, and the request comes by way of a web page or another name", fix)
    return Caller(None, ANYTHING)


def is_loopback(host: str) -> bool:
    if host.lower() in LOCAL_NAMES:
        return True
    try:
        address = ip_address(host)
    except ValueError:
        return False
    return (getattr(address, "ipv4_mapped", None) or address).is_loopback


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _unauthorized(detail: str, fix: str) -> Fault:
    return Fault(401, "unauthorized", detail, fix, "Authorization", headers={"WWW-Authenticate": "Bearer"})


Reader = Annotated[Caller, Depends(may(Scope.READ))]
Teller = Annotated[Caller, Depends(may(Scope.FACTS))]
Operator = Annotated[Caller, Depends(may(Scope.OPERATE))]

"""What a handler finds on its application."""

from typing import Annotated

from fastapi import Depends, Request

from activities.host import Host


async def _host(request: Request) -> Host:
    host: Host = request.app.state.host
    return host


OurHost = Annotated[Host, Depends(_host)]

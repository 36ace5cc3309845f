"""Where a dev server listens, and whether it answers there."""

import asyncio
import contextlib
import random
import socket

HOST = "127.0.0.1"


def free_port() -> int:
    """A free port below those that the kernel gives to outgoing connections.

    From among those, a worker that reconnects while the server is down can be given the server's own port: it then
    talks to itself and the server cannot come back.
    """
    for port in random.sample(range(20_000, 32_000), 200):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind((HOST, port))
            return port
    raise OSError(f"no free port between 20000 and 32000 on {HOST}")


async def answers(address: str, namespace: str) -> bool:
    """Whether the server is healthy and has made its namespace, which it does last."""
    from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
    from temporalio.service import ConnectConfig, RPCError, ServiceClient

    if not await _listens(address):
        return False
    try:
        service = await ServiceClient.connect(ConnectConfig(target_host=address))
        if not await service.check_health():
            return False
        await service.workflow_service.describe_namespace(DescribeNamespaceRequest(namespace=namespace))
    except (RPCError, RuntimeError):  # RuntimeError is how a refused connection comes out of the SDK
        return False
    return True


async def _listens(address: str) -> bool:
    host, _, port = address.rpartition(":")
    try:
        _, writer = await asyncio.open_connection(host, int(port))
    except OSError:
        return False
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
    return True

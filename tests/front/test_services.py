"""Health and reflection, whose messages come one by one, by the stubs of their packages."""

from __future__ import annotations

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from nba_server.transport.grpc.server import GrpcServer
from tests.front.callers import wire
from tests.front.conftest import answers, under_way
from tests.front.frames import data, message
from tests.integration.kitchen import channel
from tests.store.builders import until

SERVING, NOT_SERVING = health_pb2.HealthCheckResponse.SERVING, health_pb2.HealthCheckResponse.NOT_SERVING
WATCH = "/grpc.health.v1.Health/Watch"
REFLECTION = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"


async def test_health(front: GrpcServer) -> None:
    """A check of a service, of the server, of nobody; watchers hear each change."""
    async with channel(front) as link:
        stub, asked = health_pb2_grpc.HealthStub(link), health_pb2.HealthCheckRequest(service="test.Service")
        assert (await stub.Check(asked)).status == NOT_SERVING
        watches = [stub.Watch(asked) for _ in range(3)]
        assert [(await watch.read()).status for watch in watches] == [NOT_SERVING] * 3
        await front.report("test.Service", serving=True)
        assert [(await watch.read()).status for watch in watches] == [SERVING] * 3
        assert (await stub.Check(asked)).status == SERVING
        with pytest.raises(grpc.aio.AioRpcError) as raised:
            await stub.Check(health_pb2.HealthCheckRequest(service="nobody"))
        assert raised.value.code() is grpc.StatusCode.NOT_FOUND


async def test_a_watch_ends_with_its_caller(front: GrpcServer) -> None:
    """Whoever cancels, loses the connection or has no time left is watched for no longer; who has only said all goes on."""
    async with channel(front) as link:
        stub, asked = health_pb2_grpc.HealthStub(link), health_pb2.HealthCheckRequest()
        cancelled, short = stub.Watch(asked), stub.Watch(asked, timeout=0.3)
        assert (await cancelled.read()).status == NOT_SERVING
        async with wire(front.port) as other:
            await other.send(other.ask(1, WATCH))
            await other.until(lambda: bool(other.answer(1).messages))
            assert under_way(front) > 1
        cancelled.cancel()
        assert await short.code() is grpc.StatusCode.DEADLINE_EXCEEDED
        await until(lambda: not under_way(front))
        assert (await stub.Check(asked)).status == NOT_SERVING


async def test_many_questions_at_once_have_their_answers(front: GrpcServer) -> None:
    """Each of those that reflection was asked before it had answered any."""
    async with channel(front) as link:
        listing = reflection_pb2.ServerReflectionRequest(list_services="")
        answers = [
            one
            async for one in reflection_pb2_grpc.ServerReflectionStub(link).ServerReflectionInfo(iter([listing] * 50))
        ]
        names = [{one.name for one in answer.list_services_response.service} for answer in answers]
        assert names == [{"test.Service", "grpc.health.v1.Health", "grpc.reflection.v1alpha.ServerReflection"}] * 50


async def test_more_questions_than_are_read_end_the_call(front: GrpcServer) -> None:
    """RESOURCE_EXHAUSTED; the connection goes on, and nothing is left."""
    async with wire(front.port) as link:
        await link.send(link.ask(1, REFLECTION, body=None), data(1, message(b"") * 1_000))
        answer = await link.over(1)
        assert (answer.status, answer.words) == (8, "more messages than are read")
        await answers(link, 3)
        await until(lambda: not under_way(front))


async def test_a_question_that_is_cut_off(front: GrpcServer) -> None:
    """It is no end of questions: INTERNAL."""
    async with wire(front.port) as link:
        await link.send(link.ask(1, REFLECTION, body=None), data(1, message(b"cut off")[:8], end=True))
        answer = await link.over(1)
        assert (answer.status, answer.words) == (13, "the message is cut off")
        await until(lambda: not under_way(front))

"""The executors that send by a library of somebody else's, by name: each with its own client, and on a given one."""

from __future__ import annotations

import aiohttp
import httpx
import requests

from infisical.executors import AiohttpExecutor, AsyncHttpxExecutor, HttpxExecutor, RequestsExecutor


class HttpxOnAClient(HttpxExecutor):
    def __init__(self, **settings):
        self.client = httpx.Client(**settings)
        super().__init__(self.client)

    def close(self):
        super().close()
        self.client.close()


class AsyncHttpxOnAClient(AsyncHttpxExecutor):
    def __init__(self, **settings):
        self.client = httpx.AsyncClient(**settings)
        super().__init__(self.client)

    async def aclose(self):
        await super().aclose()
        await self.client.aclose()


class AiohttpOnASession(AiohttpExecutor):
    def __init__(self, **settings):
        self.client = aiohttp.ClientSession(**settings)
        super().__init__(self.client)

    async def aclose(self):
        await super().aclose()
        await self.client.close()


class RequestsOnASession(RequestsExecutor):
    def __init__(self):
        self.client = requests.Session()
        super().__init__(self.client)

    def close(self):
        super().close()
        self.client.close()


async def async_httpx_on_a_client():
    return AsyncHttpxOnAClient()


async def aiohttp_on_a_session():
    return AiohttpOnASession()


OWN = {
    "httpx": HttpxExecutor,
    "async httpx": AsyncHttpxExecutor,
    "aiohttp": AiohttpExecutor,
    "requests": RequestsExecutor,
}
MAKERS = {
    **OWN,
    "httpx on a client": HttpxOnAClient,
    "async httpx on a client": async_httpx_on_a_client,
    "aiohttp on a session": aiohttp_on_a_session,
    "requests on a session": RequestsOnASession,
}

"""The stock of an office as an HTTP interface, as anybody might have one. When it is run, it prints its address."""

import os
import socket

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

left = {"paper": 2, "pens": 40}
orders: dict[str, dict[str, str]] = {}


def require_token(request: Request) -> None:
    """Answer nobody but those who have the token."""
    if request.headers.get("authorization") != f"Bearer {os.environ['STOCK_TOKEN']}":
        raise HTTPException(401)


async def list_articles(request: Request) -> JSONResponse:
    """Name the articles."""
    require_token(request)
    below = int(request.query_params.get("below", "1000"))
    return JSONResponse([name for name, count in left.items() if count < below])


async def get_article(request: Request) -> JSONResponse:
    """Say how many of an article are left."""
    require_token(request)
    name = request.path_params["name"]
    if name not in left:
        raise HTTPException(404)
    return JSONResponse({"name": name, "left": left[name]})


async def create_order(request: Request) -> JSONResponse:
    """Order once for each key: who repeats a key is given the order that there is."""
    require_token(request)
    asked = await request.json()
    key = request.headers.get("idempotency-key", f"none-{len(orders)}")
    if key not in orders:
        orders[key] = {"id": f"o-{len(orders) + 1}", "article": asked["article"]}
    return JSONResponse(orders[key], status_code=201)


app = Starlette(
    routes=[
        Route("/articles", list_articles),
        Route("/articles/{name}", get_article),
        Route("/orders", create_order, methods=["POST"]),
    ]
)

if __name__ == "__main__":
    listening = socket.create_server(("127.0.0.1", 0))
    print(f"http://127.0.0.1:{listening.getsockname()[1]}", flush=True)  # noqa: T201 - so that it can be told to others
    uvicorn.Server(uvicorn.Config(app, log_level="warning")).run(sockets=[listening])

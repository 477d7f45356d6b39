"""The application: pages, API, metrics and static files behind one guard; what goes wrong is one clear line."""

from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.staticfiles import StaticFiles

from scripts.dashboard import api, pages
from scripts.dashboard.guarding import Guard, Keys, refusal
from scripts.dashboard.rendering import page
from shared.errors import CopydeskError, UsageError

DESCRIPTION = """Articles in, articles out. What writes needs the header `Authorization: Bearer` with the value of
COPYDESK_API_TOKEN; what is wrong with a request stands in `detail`."""


def make_app(keys: Keys) -> FastAPI:
    """The dashboard as an ASGI application."""
    app = FastAPI(
        title="Copydesk", version="1", description=DESCRIPTION, openapi_url="/api/v1/openapi.json", docs_url=None,
        redoc_url=None,
    )  # fmt: skip
    app.state.keys = keys
    app.add_middleware(Guard, keys=keys)
    app.mount("/static", StaticFiles(directory=Path(__file__).with_name("static")))
    for router in (*pages.ROUTERS, *api.ROUTERS):
        app.include_router(router)
    app.add_exception_handler(CopydeskError, _say_what_failed)
    app.add_exception_handler(HTTPException, _say_what_is_wrong)
    app.add_exception_handler(RequestValidationError, _say_what_does_not_fit)
    return app


def _answer(request: Request, status: int, why: str) -> Response:
    if request.url.path.startswith(("/api/", "/metrics")):
        return refusal(request.url.path, status, why)
    return page(request, "error.html", status, why=why, missing=status == 404)


async def _say_what_failed(request: Request, error: Exception) -> Response:
    return _answer(request, 400 if isinstance(error, UsageError) else 503, str(error))


async def _say_what_is_wrong(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101  (registered for these)
    why = f"there is no {request.url.path[:200]}" if error.detail == "Not Found" else str(error.detail)
    answer = _answer(request, error.status_code, why)
    answer.headers.update(error.headers or {})
    return answer


async def _say_what_does_not_fit(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101  (registered for these)
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"] if part not in ("query", "path", "body"))
    return _answer(request, 422, f"{where}: {first['msg']}" if where else str(first["msg"]))

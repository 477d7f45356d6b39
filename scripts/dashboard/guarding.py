"""Who may ask: by name of the host, by password or token, by form; and what a browser is told about every answer.

Nothing is trusted that arrives: a page of another site must neither read (DNS rebinding: the host's name is checked)
nor press a button (CSRF: forms carry a word that only a page of ours can have read).
"""

import base64
import binascii
import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

from fastapi import HTTPException, Request
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.binding import is_loopback

SESSION = "copydesk_session"
LARGEST_FORM = 20_000
OPEN = "/health"  # what whoever supervises the process asks, without a password
HERE = ("localhost", "127.0.0.1", "[::1]")
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; frame-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
# Said of every answer; a route that says something else of its own is left alone.
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",  # nothing to others; without any, a browser calls our own forms' origin "null"
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
    "cache-control": "private, no-cache",
}


@dataclass(frozen=True)
class Keys:
    """Where the dashboard listens, and what opens it. Empty: no password is needed, no token writes."""

    host: str
    password: str = field(default="", repr=False)
    token: str = field(default="", repr=False)
    secret: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)

    @property
    def names(self) -> frozenset[str] | None:
        """The host names that a request may be addressed to; None: any, where a password keeps strangers out."""
        return frozenset({*HERE, self.host.lower(), f"[{self.host}]"}) if is_loopback(self.host) else None

    def form_word(self, session: str) -> str:
        """What the forms of this session carry."""
        return hmac.new(self.secret, session.encode(), hashlib.sha256).hexdigest()


class Guard:
    """ASGI middleware: refuses what may not be asked, adds the headers to what is answered."""

    def __init__(self, app: ASGIApp, keys: Keys) -> None:
        self._app, self._keys, self._names = app, keys, keys.names

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        refused = self._refuse(Headers(scope=scope), scope["path"])
        await (refused or self._app)(scope, receive, send_with_headers)

    def _refuse(self, headers: Headers, path: str) -> Response | None:
        asked = headers.get("host", "").lower()
        if self._names is not None and host_name(asked) not in self._names:
            return refusal(path, 421, f"this dashboard is not called {asked[:100] or '(nothing)'}: ask for localhost")
        if path != OPEN and self._keys.password and not self._may_read(headers.get("authorization", "")):
            answer = refusal(path, 401, "a password is needed: that of COPYDESK_DASHBOARD_PASSWORD, with any user name")
            answer.headers["www-authenticate"] = 'Basic realm="Copydesk", charset="UTF-8"'
            return answer
        return None

    def _may_read(self, authorization: str) -> bool:
        if is_bearer(authorization, self._keys.token):
            return True
        return same(basic_password(authorization), self._keys.password)


def host_name(asked: str) -> str:
    """The name in a Host header, its port taken off."""
    return asked[: asked.rindex("]") + 1] if asked.startswith("[") and "]" in asked else asked.partition(":")[0]


def refusal(path: str, status: int, why: str) -> Response:
    """A plain answer: JSON where a program asks."""
    if path.startswith("/api/"):
        return JSONResponse({"detail": why}, status)
    return PlainTextResponse(why + "\n", status)


def basic_password(authorization: str) -> str:
    """The password of a Basic header; empty where it is none."""
    kind, _, given = authorization.partition(" ")
    if kind.lower() != "basic":
        return ""
    try:
        return base64.b64decode(given, validate=True).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError):
        return ""


def is_bearer(authorization: str, token: str) -> bool:
    """Whether a header carries this token; nothing carries an empty one."""
    kind, _, given = authorization.partition(" ")
    return kind.lower() == "bearer" and same(given.strip(), token)


def same(given: str, wanted: str) -> bool:
    """Compared in constant time; nothing is the same as an empty secret."""
    return bool(wanted) and hmac.compare_digest(given.encode(), wanted.encode())


def keys_of(request: Request) -> Keys:
    """The keys of the application that answers."""
    keys: Keys = request.app.state.keys
    return keys


def check_token(request: Request) -> None:
    """A dependency of every route of the API that writes. Raises 403 or 401 saying what is missing."""
    token = keys_of(request).token
    if not token:
        raise HTTPException(403, "no token is set: start the dashboard with COPYDESK_API_TOKEN to let programs write")
    if not is_bearer(request.headers.get("authorization", ""), token):
        said = "a token is needed: Authorization: Bearer, with the value of COPYDESK_API_TOKEN"
        raise HTTPException(401, said, {"www-authenticate": "Bearer"})


async def form_of(request: Request) -> dict[str, str]:
    """The fields of a form that a page of ours was sent with. Raises 403 for any other."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_FORM:
            raise HTTPException(413, "the form is too long")
    fields = {name: values[-1] for name, values in parse_qs(body.decode("utf-8", "replace")).items()}
    word = keys_of(request).form_word(request.cookies.get(SESSION, ""))
    if not (request.cookies.get(SESSION) and _is_ours(request) and same(fields.pop("word", ""), word)):
        raise HTTPException(403, "this form is not from a page of this dashboard, or too old: load the page again")
    return fields


def _is_ours(request: Request) -> bool:
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc.lower() == request.headers.get("host", "").lower()

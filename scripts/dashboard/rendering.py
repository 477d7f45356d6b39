"""From rows to HTML: Jinja templates, in which everything is escaped unless it says otherwise, and none does."""

import secrets
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from fastapi import Request
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import HTMLResponse

from scripts.dashboard.guarding import SESSION, keys_of
from scripts.progress import plural

NAVIGATION = (
    ("/", "Overview"),
    ("/articles", "Articles"),
    ("/stories", "Stories"),
    ("/entities", "Entities"),
    ("/sources", "Sources"),
    ("/hosts", "Hosts"),
    ("/submissions", "Submissions"),
    ("/quarantine", "Quarantine"),
)
STEPS = ((60, 1, "s"), (3600, 60, "min"), (86_400, 3600, "h"), (float("inf"), 86_400, "d"))


def page(request: Request, template: str, status: int = 200, **context: Any) -> HTMLResponse:
    """The page that `template` makes of `context`."""
    session = request.cookies.get(SESSION) or secrets.token_urlsafe(24)
    here = "/" + request.url.path.split("/")[1]
    html = environment().get_template(template).render(
        context | {"word": keys_of(request).form_word(session), "here": here, "said": context.get("said")}
    )  # fmt: skip
    answer = HTMLResponse(html, status)
    if SESSION not in request.cookies:
        answer.set_cookie(SESSION, session, httponly=True, samesite="strict", secure=request.url.scheme == "https")
    return answer


@lru_cache(maxsize=1)
def environment() -> Environment:
    """Templates and filters, made once."""
    made = Environment(
        loader=PackageLoader("scripts.dashboard"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters = (minute, ago, age, moment, number, plural, seconds, span, percent, web_address)
    made.filters.update({one.__name__: one for one in filters})
    made.globals.update(navigation=NAVIGATION)
    return made


def minute(moment: datetime) -> str:
    """A time to the minute."""
    return f"{moment:%Y-%m-%d %H:%M}"


def ago(moment: datetime) -> str:
    """How long ago something was, or how soon it will be."""
    distance_s = (datetime.now(UTC) - moment).total_seconds()
    return f"{span(distance_s)} ago" if distance_s >= 0 else f"in {span(-distance_s)}"


def moment(text: str) -> datetime:
    """A time that was made ready for JSON, as a time again."""
    return datetime.fromisoformat(text)


def age(since: datetime) -> str:
    """How old something is."""
    return span(max(0.0, (datetime.now(UTC) - since).total_seconds()))


def span(length_s: float) -> str:
    """A length of time, in its largest unit."""
    size, unit = next((size, unit) for limit, size, unit in STEPS if length_s < limit)
    return f"{length_s / size:,.0f} {unit}"


def seconds(value: float | None) -> str:
    """Seconds of work, as exact as they are interesting."""
    if value is None:
        return "-"
    return f"{value * 1000:,.0f} ms" if value < 1 else f"{value:,.1f} s"


def number(value: float | None) -> str:
    """12,431."""
    return "-" if value is None else f"{value:,.0f}"


def percent(share: float | None) -> str:
    """A share as percent."""
    return "-" if share is None else f"{share:.0%}"


def web_address(url: str | None) -> str | None:
    """An address that a link may lead to; None for what is not of the web, such as javascript:."""
    return url if url and url.lower().startswith(("http://", "https://")) else None


def address(path: str, **fields: Any) -> str:
    """A link of ours with a query, empty fields left out."""
    given = {name: value for name, value in fields.items() if value not in (None, "")}
    return f"{path}?{urlencode(given)}" if given else path

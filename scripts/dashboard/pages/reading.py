"""One article: its life, its text with the names in it, the page it was taken from, its copies, its earlier texts."""

from typing import Any

from fastapi import APIRouter, HTTPException, Request
from sqlalchemy import Connection
from starlette.responses import Response

from scripts.dashboard import diffs, harmless, marking
from scripts.dashboard.paging import Id
from scripts.dashboard.rendering import page
from shared import articles, coverage, duplicates, entities, pages, revisions
from shared.charset import decode
from shared.database import reading
from shared.errors import BadRow

router = APIRouter(include_in_schema=False, prefix="/articles/{article_id}")
MOST_COPIES = 50
# A stranger's page: nothing runs in it, nothing is loaded by it, and it is nobody's origin.
RAW = "sandbox; default-src 'none'; form-action 'none'; base-uri 'none'; frame-ancestors 'self'"


@router.get("")
def one(request: Request, article_id: Id) -> Any:
    """The article's text and life."""
    with reading() as connection:
        row = _found(connection, article_id)
        mentions = entities.of_article(connection, article_id)
        life = articles.life(connection, article_id)
        copies = duplicates.copies(connection, article_id, MOST_COPIES)
        earlier = revisions.of_article(connection, article_id)
        story = coverage.of_article(connection, row.cluster_id)
    return page(
        request, "article.html", tab="text", story=story, row=row, life=life, copies=copies, earlier=earlier,
        most=MOST_COPIES, paragraphs=list(marking.paragraphs(row.text or "", mentions)), names=_names(mentions),
    )  # fmt: skip


@router.get("/page")
def beside(request: Request, article_id: Id) -> Any:
    """The page as it was fetched beside the text, block by block."""
    with reading() as connection:
        row = _found(connection, article_id)
        stored = pages.load(connection, [article_id]).get(article_id)
    blocks, why = _blocks(row, stored)
    return page(request, "article_page.html", tab="page", row=row, stored=stored, blocks=blocks, why=why)


def _blocks(row: Any, stored: Any) -> tuple[list[marking.Shown], str]:
    """The page's blocks, or why there are none."""
    if stored is None:
        return [], "No page is stored yet."
    try:
        text = decode(pages.body_of(stored), stored.content_type or "")
        return marking.blocks(text, row.text or "", row.removed or ()), ""
    except (BadRow, ValueError) as error:
        return [], f"The stored page cannot be read: {error}"


@router.get("/raw")
def raw(article_id: Id) -> Response:
    """The stored page itself, for a frame in which it can do nothing."""
    with reading() as connection:
        stored = pages.load(connection, [article_id]).get(article_id)
    if stored is None:
        raise HTTPException(404, f"no page of article {article_id} is stored")
    text = decode(pages.body_of(stored), stored.content_type or "")
    plain = (stored.content_type or "").startswith("text/plain")
    headers = {"content-security-policy": RAW, "x-frame-options": "SAMEORIGIN"}
    kind, shown = ("plain", text) if plain else ("html", harmless.bare(text))
    return Response(shown.encode("utf-8", "replace"), media_type=f"text/{kind}; charset=utf-8", headers=headers)


@router.get("/copies/{other_id}")
def copy(request: Request, article_id: Id, other_id: Id) -> Any:
    """What differs between an article and its copy."""
    with reading() as connection:
        row, other = _found(connection, article_id), _found(connection, other_id)
    changes = diffs.paragraphs(other.text or "", row.text or "")
    return page(
        request, "article_diff.html", tab="copies", row=row, changes=changes, old=f"article {other.id}",
        new=f"article {row.id}", other=other,
    )  # fmt: skip


@router.get("/revisions/{number}")
def revision(request: Request, article_id: Id, number: Id) -> Any:
    """What became of an earlier text in the next one."""
    with reading() as connection:
        row = _found(connection, article_id)
        earlier = {one.number: one for one in revisions.of_article(connection, article_id)}
    if number not in earlier:
        raise HTTPException(404, f"article {article_id} has no revision {number} that is not its present one")
    after = earlier.get(number + 1, row)
    changes = diffs.paragraphs(earlier[number].text, after.text or "")
    return page(
        request, "article_diff.html", tab="revisions", row=row, changes=changes, old=f"revision {number}",
        new=f"revision {number + 1}", other=None,
    )  # fmt: skip


def _found(connection: Connection, article_id: int) -> Any:
    row = articles.one(connection, article_id)
    if row is None:
        raise HTTPException(404, f"there is no article {article_id}")
    return row


def _names(mentions: Any) -> list[dict[str, Any]]:
    """The entities of an article with how often it names them, most often first."""
    counts: dict[int, dict[str, Any]] = {}
    for one in mentions:
        known = counts.setdefault(one.id, {"id": one.id, "name": one.name, "type": one.type, "count": 0})
        known["count"] += 1
    return sorted(counts.values(), key=lambda known: -known["count"])

"""`copydesk run` on a small newsroom and on saved pages, and what the other commands say of it."""

import json
import shlex
import subprocess
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

import pytest

from tests.support import newsroom, stories
from tests.support.commands import COPYDESK, Desk
from tests.support.site import Site, serving

KEYS = {
    "id", "url", "canonical_url", "host", "status", "reason", "label", "title", "authors", "published_at",
    "modified_at", "fetched_at", "language", "site_name", "section", "image_url", "agency", "text", "word_count",
    "entities", "cluster", "duplicate_of", "relation", "similarity", "story", "revision", "change",
}  # fmt: skip
BOOKS = {
    "submitted", "done", "duplicates", "dropped", "quarantined", "in_progress", "postponed", "stages", "hosts",
    "sources", "workers",
}  # fmt: skip


class Finished:
    """A run that has ended, and everything around it."""

    def __init__(self, desk: Desk, site: Site, sources: list[str]) -> None:
        self.desk, self.site, self.sources = desk, site, sources
        self.result = desk("run", *sources, "--label", "first")
        self.again = desk("run", *sources, "--json")
        self.visits = Counter((visit.host, visit.path) for visit in site.visits)
        self.books = desk.monitor()
        self.articles = desk.articles()


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def finished(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Finished]:
    """The newsroom, run twice: into SQLite with nothing given, and into PostgreSQL."""
    folder = tmp_path_factory.mktemp("run")
    saved = folder / "saved"
    saved.mkdir()
    (saved / "one.html").write_text(stories.page(60, canonical="https://saved.example/one"))
    (saved / "two.html").write_text(stories.page(61))
    lines = [{"url": "https://jsonl.example/a", "text": "\n".join(stories.paragraphs(70)), "title": "Given"}]
    (folder / "given.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    desk = Desk(folder / "data")
    if request.param == "postgresql":
        server = request.getfixturevalue("postgres")
        server.run("create database a_run")
        desk.options = ("--database", server.url("a_run"))
    with serving() as site:
        yield Finished(desk, site, [*newsroom.publish(site), str(saved), str(folder / "given.jsonl")])
    desk.close()


def test_what_a_run_says_to_try_next_finds_what_it_has_stored(finished):
    lines = [line.strip() for line in finished.result.out.splitlines() if line.startswith("  copydesk ")]
    assert [line.split()[1] for line in lines] == ["show", "export", "monitor"]
    for line in lines:
        words = shlex.split(line.partition(" > ")[0])[1:]
        assert subprocess.run([COPYDESK, *words], cwd="/", capture_output=True, check=True).stdout


GIVEN = 3  # two saved pages, a line of JSON
ALL = newsroom.DONE + newsroom.DROPPED + GIVEN + 1


def test_every_article_is_accounted_for(finished):
    assert finished.result.status == 0, finished.result
    books = finished.books
    expected = {
        "submitted": ALL,
        "done": newsroom.DONE + GIVEN,
        "duplicates": newsroom.COPIES,
        "dropped": newsroom.DROPPED,
        "quarantined": 0,
        "in_progress": 1,  # the page that is not there: perhaps later
        "postponed": 1,
    }
    assert {name: books[name] for name in expected} == expected
    assert books["reasons"] == {"robots_denied": 1, "no_text": 1, "http_404": 1}


def test_the_summary_shows_the_books_a_copy_names_and_what_to_do_next(finished):
    out = finished.result.out
    assert f"{ALL} submitted = {newsroom.DONE + GIVEN} done + {newsroom.DROPPED} dropped + 0 quarantined" in out
    assert f"{newsroom.COPIES} duplicates" in out
    assert " is a copy of " in out
    assert "most in the news" in out
    assert "copydesk show" in out
    assert "postponed" in out.partition(" submitted = ")[2]


def test_the_second_run_adds_no_row_and_fetches_no_page_again(finished):
    assert finished.again.status == 0
    assert finished.again.json["submitted"] == ALL
    assert finished.again.json["new"] == 0
    pages = {visit: count for visit, count in finished.visits.items() if visit[1].startswith(("/news", "/copies"))}
    assert len(pages) == newsroom.WRITTEN + newsroom.COPIES
    assert set(pages.values()) == {1}


def test_robots_txt_was_asked_for_once_per_host_and_the_forbidden_page_never(finished):
    assert {visit: count for visit, count in finished.visits.items() if visit[1] == "/robots.txt"} == {
        ("127.0.0.1", "/robots.txt"): 1,
        ("localhost", "/robots.txt"): 1,
    }
    assert ("127.0.0.1", "/private/secret") not in finished.visits


def test_no_host_was_asked_two_things_at_once(finished):
    for host in ("127.0.0.1", "localhost"):
        visits = sorted((visit for visit in finished.site.visits if visit.host == host), key=lambda visit: visit.began)
        assert all(earlier.ended <= later.began for earlier, later in pairwise(visits))


def test_every_exported_article_has_every_key_and_no_other(finished):
    articles = finished.articles
    assert len(articles) == ALL
    assert {frozenset(one) for one in articles} == {frozenset(KEYS)}


def test_exported_articles_have_their_texts_and_entities_point_into_them(finished):
    articles = {one["url"]: one for one in finished.articles}
    article = articles[finished.site.url("/news/3")]
    assert article["title"] == stories.title(3)
    assert all(paragraph in article["text"] for paragraph in stories.paragraphs(3))
    assert (article["status"], article["label"], article["host"], article["language"]) == (
        "done", "first", "127.0.0.1", "en",
    )  # fmt: skip
    assert article["entities"]
    for entity in article["entities"]:
        assert entity["type"] in {"PER", "ORG", "LOC"}
        assert entity["count"] == len(entity["mentions"])
        for mention in entity["mentions"]:
            assert article["text"][mention["start"] : mention["end"]] == mention["surface"]


def test_export_can_be_narrowed(finished):
    dropped = [json.loads(line) for line in finished.desk("export", "--status", "dropped").out.splitlines()]
    assert {one["reason"] for one in dropped} == {"robots_denied", "no_text"}
    assert finished.desk("export", "--label", "no such label").out == ""


def test_saved_pages_keep_their_own_address_or_that_of_their_file(finished):
    addresses = {one["canonical_url"] for one in finished.articles}
    assert "https://saved.example/one" in addresses
    assert (finished.desk.data.parent / "saved" / "two.html").as_uri() in addresses


def test_what_a_line_of_json_says_is_kept(finished):
    (article,) = [one for one in finished.articles if one["host"] == "jsonl.example"]
    assert article["title"] == "Given"
    assert stories.paragraphs(70)[0] in article["text"]


def test_show_prints_life_text_entities_and_copies(finished):
    shown = finished.desk("show", finished.site.url("/news/1"))
    assert shown.status == 0
    for expected in (stories.title(1), "fetch v", "clean v", "extract v", "deduplicate v", "/copies/1", "places"):
        assert expected in shown.out
    assert stories.paragraphs(1)[0] in shown.out


def test_show_gives_json_to_programs(finished):
    shown = finished.desk("show", "1", "--json").json
    assert set(shown) >= KEYS | {"life", "copies"}
    assert shown["id"] == 1


def test_monitor_gives_the_books_to_programs(finished):
    books = finished.books
    assert set(books) >= BOOKS
    assert set(books["stages"]) == {"fetch", "clean", "extract", "deduplicate"}
    assert set(books["stages"]["clean"]) >= {"waiting", "running", "p50", "p95", "p99"}
    assert books["stages"]["clean"]["p95"] > 0


def test_monitor_prints_the_books_for_a_person(finished):
    shown = finished.desk("monitor", "--once")
    assert shown.status == 0
    assert f"{ALL} submitted = " in shown.out

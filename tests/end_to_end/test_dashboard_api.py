"""The HTTP API over the sample newsroom: the records of export, clear words for what is wrong, and writes by token."""

import json

import pytest

from tests.support.browser import TOKEN, answer, change, one

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def ask(dashboard):
    """What the API says: status and JSON."""

    def ask(path, given=None, token=None):
        headers = {"Content_Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
        body = None if given is None else json.dumps(given).encode()
        status, _, text = answer(
            f"{dashboard.address}/api/v1{path}", "GET" if body is None else "POST", body, **headers
        )
        return status, json.loads(text)

    return ask


def test_an_article_is_the_record_that_export_writes(ask, newsroom):
    exported = {article["id"]: article for article in newsroom.articles()}
    for article_id in sorted(exported)[:20]:
        status, article = ask(f"/articles/{article_id}")
        assert (status, article) == (200, exported[article_id])


def test_articles_are_listed_by_condition_in_pages_without_gap_or_repetition(ask, newsroom):
    seen, before = [], ""
    while before is not None:
        _, found = ask(f"/articles?where=status%3Ddone&limit=17{before and f'&before={before}'}")
        seen += [article["id"] for article in found["articles"]]
        before = found["next"]
    assert seen == sorted(seen, reverse=True)
    assert len(seen) == newsroom.count("status = 'done'")


def test_search_says_where_the_words_stand(ask):
    _, found = ask("/search?q=dockers")
    hit = found["hits"][0]
    assert [hit["title"][start:end].casefold() for start, end in hit["title_hits"]] == ["dockers"]


def test_entities_lead_to_their_articles(ask):
    _, top = ask("/entities?type=LOC&limit=3")
    assert [one["type"] for one in top["entities"]] == ["LOC"] * 3
    assert top["entities"][0]["articles"] >= top["entities"][1]["articles"]
    _, entity = ask(f"/entities/{top['entities'][0]['id']}")
    assert entity["articles_known"] == top["entities"][0]["articles"]
    assert entity["complete"]
    assert entity["neighbours"]


def test_the_change_feed_is_read_in_pages_to_its_end_and_a_foreign_cursor_is_refused(ask, newsroom):
    kinds, cursor = [], ""
    for _ in range(50):
        status, page = ask(f"/changes?limit=20&since={cursor}")
        assert status == 200
        kinds += [change["kind"] for change in page["changes"]]
        cursor = page["cursor"]
        if not page["more"]:
            break
    assert kinds.count("article") == newsroom.count("change is not null")
    status, refused = ask("/changes?since=0123456789ab-5")
    assert (status, "of another database" in refused["detail"]) == (400, True)


def test_stories_and_submissions_and_the_books_answer(ask, newsroom):
    status, stories = ask("/stories")
    assert status == 200
    for story in stories["stories"][:3]:
        assert len(ask(f"/stories/{story['id']}")[1]["told"]) == story["reports"]
    assert ask("/submissions/1")[1]["submitted"] == newsroom.count("submission_id = 1")
    books = ask("/status")[1]
    assert books["submitted"] == sum(books[name] for name in ("done", "dropped", "quarantined", "in_progress"))


def test_what_writes_needs_the_token(ask):
    for path in ("/submissions", "/replay"):
        for token in (None, "guessed", TOKEN + "x"):
            status, refused = ask(path, {}, token)
            assert (status, "Authorization: Bearer" in refused["detail"]) == (401, True)


def test_a_program_submits_and_replays(ask, newsroom):
    status, taken = ask("/submissions", {"sources": ["https://paper.example/1", "https://paper.example/2"]}, TOKEN)
    assert (status, taken["new"], taken["bad"]) == (201, 2, 0)
    assert ask(f"/submissions/{taken['submission_id']}")[1]["in_progress"] == 2

    victim = one(newsroom, "select id from article where status = 'done' order by id limit 1")
    change(newsroom, f"update article set status = 'quarantined', reason = 'worker_lost' where id = {victim}")  # noqa: S608
    assert ask("/replay", {"where": "reason=time_limit"}, TOKEN)[1]["replayed"] == 0
    assert ask("/replay", {"where": "reason=worker_lost"}, TOKEN)[1]["replayed"] == 1
    assert ask("/replay", {"where": "reason=worker_lost"}, TOKEN)[1]["replayed"] == 0
    assert one(newsroom, f"select next_stage from article where id = {victim}") == "deduplicate"  # noqa: S608


@pytest.mark.parametrize(
    ("path", "given", "status", "said"),
    [
        ("/articles?where=colour%3Dred", None, 400, "unknown field 'colour'"),
        ("/articles?where=status%3Dlost", None, 400, "'lost' is none of"),
        ("/articles?limit=0", None, 422, "limit"),
        ("/articles/999999", None, 404, "no article 999999"),
        ("/articles/99999999999999999999", None, 422, "article_id"),
        ("/search?q=%22open", None, 400, "a quote is opened"),
        ("/changes?since=nonsense", None, 400, "not a cursor"),
        ("/nothing", None, 404, "there is no /api/v1/nothing"),
        ("/submissions", {"sources": []}, 422, "sources"),
        ("/submissions", {"sources": ["/etc/passwd"]}, 422, "an address starts with https://"),
        ("/submissions", {"sources": ["file:///etc/passwd"]}, 422, "an address starts with https://"),
        ("/submissions", {"sources": ["-"]}, 422, "an address starts with https://"),
        ("/submissions", {"sources": ["https://"]}, 422, "https://"),
        ("/submissions", {"sources": ["https://a.example"], "colour": "red"}, 422, "colour"),
        ("/replay", {"where": "colour=red"}, 400, "unknown field 'colour'"),
    ],
)
def test_what_is_wrong_with_a_request_stands_in_the_answer(ask, path, given, status, said):
    found, answered = ask(path, given, TOKEN if given is not None else None)
    assert (found, said in answered["detail"]) == (status, True), answered


def test_every_route_is_described_and_the_description_is_plain_json(ask):
    _, described = ask("/openapi.json")
    paths = {path.removeprefix("/api/v1") for path in described["paths"]}
    assert {"/status", "/submissions", "/articles/{article_id}", "/search", "/changes", "/replay"} <= paths
    assert {"/entities", "/entities/{entity_id}", "/stories", "/stories/{story_id}"} <= paths
    assert all(route["summary"] for routes in described["paths"].values() for route in routes.values())

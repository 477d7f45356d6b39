"""The dashboard in a real browser, over the sample newsroom as real workers have ingested it."""

import re

import pytest

from scripts.dashboard.rendering import NAVIGATION
from tests.support.browser import answer, change, one, reader, showing
from tests.support.commands import until

EVERYWHERE = "0.0.0.0"  # noqa: S104  (that is the case)
pytestmark = [pytest.mark.needs("chromium"), pytest.mark.timeout(600)]

LOOKS = [(380, "dark"), (1600, "light")]  # a width does nothing to colours, and a scheme nothing to the layout
PAGES = tuple(path for path, _ in NAVIGATION)


@pytest.fixture(scope="module")
def addresses(newsroom):
    """Every kind of page, with something on it."""
    copy = one(newsroom, "select id from article where duplicate_of is not null and relation = 'copy' order by id")
    original = one(newsroom, f"select duplicate_of from article where id = {copy}")
    person = one(newsroom, "select entity_id from mention group by 1 order by count(*) desc limit 1")
    dropped = one(newsroom, "select id from article where reason = 'robots_denied'")
    host = one(newsroom, f"select host_id from article where id = {copy}")
    article = f"/articles/{copy}"
    return [
        *PAGES, article, f"{article}/page", f"{article}/copies/{original}", f"/articles/{dropped}", f"/hosts/{host}",
        f"/entities/{person}", "/entities?q=rott", "/submissions/1", "/articles?status=dropped",
        "/articles?q=strike+-ferry",
        "/articles?host=none.example", "/sources?show=alarm", "/hosts?show=paused",
    ]  # fmt: skip


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_every_page_is_sound_at_every_width_in_every_scheme(browser, dashboard, addresses, width, scheme):
    with reader(browser, dashboard, width, scheme) as person:
        for address in addresses:
            person.open(address)
            person.check()


def test_a_person_finds_an_article_its_names_and_its_copies_by_clicking(browser, dashboard):
    with reader(browser, dashboard) as person:
        page = person.open("/")
        assert "submitted =" in page.inner_text(".books")
        page.click("nav >> text=Articles")
        page.fill("#q", "dockers")
        page.fill("#entity", "Rotterdam")
        page.keyboard.press("Enter")
        page.locator("mark.hit").first.wait_for()
        page.get_by_role("link", name="Rotterdam dockers return").first.click()
        page.locator("mark.LOC", has_text="Rotterdam").first.wait_for()
        assert "deduplicate" in page.inner_text("#life")
        page.locator("tr", has_text=re.compile(r"\b\d\d%")).locator("text=compare").first.click()
        page.locator(".story-text ins, .story-text del").first.wait_for()
        page.go_back()
        page.click("text=Page beside text")
        page.locator("li.kept").first.wait_for()
        assert page.frame_locator("iframe").locator("body").inner_text()
        page.go_back()
        page.locator("mark a").first.click()
        page.get_by_role("heading", name="Mentions over time").wait_for()
        person.check()


def test_the_keyboard_alone_reaches_the_content_and_a_page(browser, dashboard):
    with reader(browser, dashboard) as person:
        page = person.open("/")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "content"
        page.keyboard.press("Shift+Tab")
        page.keyboard.press("Enter")  # the last link before the content
        page.wait_for_url("**" + PAGES[-1])
        outline = "getComputedStyle(document.activeElement).outlineStyle"
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        assert page.evaluate(outline) != "none"


def test_a_page_refreshes_itself_without_moving_and_stops_when_told(browser, dashboard, newsroom):
    with reader(browser, dashboard) as person:
        page = person.open("/submissions")
        before = page.locator("#rows").bounding_box()
        change(newsroom, "update submission set bad = 7 where id = 1")
        page.locator("td", has_text="7").last.wait_for()
        assert page.locator("#rows").bounding_box() == before
        page.click("text=Pause updates")
        assert page.inner_text("#live") == "Resume updates"
        change(newsroom, "update submission set bad = 0 where id = 1")
        page.wait_for_timeout(3500)  # longer than it takes to refresh: nothing may happen
        assert page.locator("td", has_text="7").count() > 0
        assert person.said == []


def test_replay_lets_an_article_be_tried_again(browser, dashboard, newsroom):
    victim = one(newsroom, "select id from article where status = 'done' order by id desc limit 1")
    change(newsroom, f"update article set status = 'quarantined', reason = 'stage_error' where id = {victim}")
    with reader(browser, dashboard) as person:
        page = person.open("/quarantine")
        assert "an unexpected error in a stage" in page.inner_text("tbody >> nth=0")
        person.check()
        page.get_by_role("button", name="Replay all with the cause stage_error").press("Enter")
        page.get_by_role("status").wait_for()
        assert "1 article" in page.inner_text("[role=status]")
        assert "Nothing is quarantined" in page.inner_text("main")
        assert one(newsroom, f"select next_stage from article where id = {victim}") is not None
    page = newsroom.data.parent / "page.html"
    page.write_text("<html><body><p>Nothing to see.</p></body></html>")
    newsroom("run", page)  # its workers take what waits
    until(lambda: one(newsroom, f"select status from article where id = {victim}") == "done")


def test_nothing_of_another_site_can_read_or_press(dashboard):
    assert answer(dashboard.address + "/", Host="evil.example")[0] == 421
    assert answer(dashboard.address + "/api/v1/status", Host="evil.example:80")[0] == 421
    assert answer(dashboard.address + "/", Host="localhost:1234")[0] == 200
    form = b"reason=stage_error&word=guessed"
    assert answer(dashboard.address + "/quarantine", "POST", b"reason=stage_error&word=guessed")[0] == 403
    assert answer(dashboard.address + "/quarantine", "POST", form, Cookie="copydesk_session=x")[0] == 403


def test_every_answer_tells_the_browser_to_run_and_load_nothing_foreign(dashboard, addresses):
    for path in (*addresses, "/static/style.css", "/nothing", "/api/v1/status", "/metrics"):
        _, headers, text = answer(dashboard.address + path)
        policy = headers["content-security-policy"]
        assert "unsafe" not in policy
        assert "default-src 'none'" in policy
        assert (headers["x-content-type-options"], headers["referrer-policy"]) == ("nosniff", "same-origin")
        assert "<style" not in text
        assert " style=" not in text
        assert "<script>" not in text


def test_a_password_is_asked_for_where_one_is_set_and_elsewhere_than_on_loopback_one_must_be(newsroom):
    refused = newsroom("dashboard", "--host", EVERYWHERE, "--port", "0")
    assert (refused.status, len(refused.lines)) == (2, 1)
    assert "COPYDESK_DASHBOARD_PASSWORD" in refused.err
    newsroom.environment["COPYDESK_DASHBOARD_PASSWORD"] = "open sesame"  # noqa: S105
    try:
        with showing(newsroom, "--host", EVERYWHERE) as running:
            address = running.address.replace(EVERYWHERE, "127.0.0.1")
            status, headers, _ = answer(address + "/articles")
            assert (status, headers["www-authenticate"].split()[0]) == (401, "Basic")
            assert answer(address + "/articles", Authorization="Basic OndyB25n")[0] == 401
            assert answer(address + "/articles", Authorization="Basic Y29weWRlc2s6b3BlbiBzZXNhbWU=")[0] == 200
            assert answer(address + "/health")[0] == 200
    finally:
        del newsroom.environment["COPYDESK_DASHBOARD_PASSWORD"]


def test_a_port_that_is_taken_is_named_in_one_line(newsroom, dashboard):
    port = dashboard.address.rpartition(":")[2]
    refused = newsroom("dashboard", "--port", port)
    assert (refused.status, refused.out, len(refused.lines)) == (2, "", 1)
    assert f"port {port}" in refused.err


def test_a_database_that_is_not_there_is_named_in_one_line(desk):
    refused = desk("dashboard", "--port", "0")
    assert (refused.status, len(refused.lines)) == (1, 1)
    assert str(desk.data) in refused.err


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("/articles?status=lost", 400, "'lost' is none of"),
        ("/articles?since=yesterday", 400, "is not a date"),
        ("/articles?after=x", 422, "after"),
        ("/articles?q=%22open", 400, "a quote is opened"),
        ("/stories?after=x", 400, "not a place"),
        ("/articles/999999", 404, "no article 999999"),
        ("/sources?show=x", 422, "show"),
        ("/nothing", 404, "there is no /nothing"),
        ("/hosts/999999999999999999999999", 422, "host_id"),
    ],
)
def test_a_wrong_address_is_answered_with_what_is_wrong(dashboard, path, status, said):
    found, _, text = answer(dashboard.address + path)
    assert (found, said in text.replace("&#39;", "'")) == (status, True), text[:1000]


def test_what_strangers_wrote_is_shown_and_never_obeyed(browser, dashboard, newsroom):
    evil = one(newsroom, "select id from article where status = 'done' order by id limit 1")
    title = one(newsroom, f"select title from article where id = {evil}")
    attack = "<script>document.title=1</script><img src=x onerror=alert(1)>"
    change(newsroom, f"update article set title = '{attack}', url = 'javascript:alert(1)' where id = {evil}")
    try:
        with reader(browser, dashboard) as person:
            page = person.open(f"/articles/{evil}")
            assert page.inner_text("h1") == attack
            assert page.locator("main img, main script, a[href^=javascript]").count() == 0
            person.open(f"/articles/{evil}/page")
            assert person.said == []
    finally:
        address = one(newsroom, f"select canonical_url from article where id = {evil}")
        quoted = title.replace("'", "''")
        change(newsroom, f"update article set title = '{quoted}', url = '{address}' where id = {evil}")

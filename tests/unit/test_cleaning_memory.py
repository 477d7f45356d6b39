"""Site memory: what is learnt from a host's articles, and what goes from one of them."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.stages.cleaning import Seen, SiteMemory, block_hash, learn, pack, unpack
from workers.stages.cleaning.memory import OUT, mark, marked, remember

APPEAL = [
    "Before you go, a word from the newsroom",
    "This newspaper has no owner and no shareholders, only readers who chip in a little every month.",
    "Give now",
    "If you can, please consider a gift today; it takes less than a minute.",
    "Not today",
]
WORDS = "harbour council bridge library orchard ferry school market tunnel river museum station bakery theatre".split()


def body(number, paragraphs=5):
    """Paragraphs that no other number has."""
    dice = random.Random(number)
    return [" ".join(dice.choices(WORDS, k=30)) + f" of {chr(97 + number % 26) * 3}." for _ in range(paragraphs)]


def title(number):
    return f"{WORDS[number % len(WORDS)]} {number} {' '.join(random.Random(-number).sample(WORDS, 4))}"


def an_article(number, lines, *, called=None, kinds=None, out=()):
    kinds = kinds or {}
    blocks = remember([(line, kinds.get(line, "paragraph")) for line in lines], out)
    return Seen(number, called or title(number), blocks)


def boilerplate(articles):
    return {found.hash for found in learn(articles) if found.boilerplate}


def memory_of(articles, **said):
    return SiteMemory(frozenset(boilerplate(articles)), **said)


def left(lines, memory, kinds=None):
    """What memory leaves of an article."""
    taken = memory.taken(an_article(0, lines, kinds=kinds).blocks)
    return [line for line in lines if block_hash(line) not in taken]


def appealing(number):
    """An article whose site asks for money at its head and its foot."""
    return [*APPEAL[:2], *body(number), *APPEAL[2:]]


def test_an_appeal_of_five_articles_leaves_all_of_them():
    memory = memory_of([an_article(number, appealing(number)) for number in range(5)])
    assert [left(appealing(number), memory) for number in range(5)] == [body(number) for number in range(5)]


def test_three_articles_are_too_few_to_learn_from():
    assert not boilerplate([an_article(number, appealing(number)) for number in range(3)])


def test_an_appeal_longer_than_the_articles_is_learnt():
    appeal = [
        f"Sentence {chr(97 + n)} of a long appeal that tells of the reporters and of the rent they pay"
        for n in range(9)
    ]
    articles = [an_article(number, [*body(number, 4), *appeal]) for number in range(5)]
    assert left([*body(7), *appeal], memory_of(articles)) == body(7)


def test_another_number_or_date_makes_no_other_block():
    articles = [
        an_article(n, [*body(n), f"Join the {2000 + n} readers who support us, since {n} May"]) for n in range(4)
    ]
    assert left([*body(9), "Join the 9 readers who support us, since 7 May"], memory_of(articles)) == body(9)


def test_copies_of_one_article_do_not_make_its_paragraphs_boilerplate():
    copies = [an_article(number, body(1), called=title(1)) for number in range(8)]
    assert not boilerplate(copies)
    assert not boilerplate([*copies, *(an_article(number, body(number)) for number in range(20, 26))])


def test_versions_of_one_article_do_not_make_its_paragraphs_boilerplate():
    versions = [an_article(n, [*body(50 + n, 1), *body(1)], called=f"{title(1)} update") for n in range(6)]
    others = [an_article(number, body(number)) for number in range(20, 24)]
    assert not boilerplate([*versions, *others])


def test_copies_do_not_hide_an_appeal_that_others_have_too():
    copies = [an_article(number, appealing(1)) for number in range(4)]
    others = [an_article(number, appealing(number)) for number in range(20, 24)]
    memory = memory_of([*copies, *others])
    assert left(appealing(1), memory) == body(1)


def test_a_sentence_that_recurs_once_in_fifty_articles_stays():
    sentence = "Reuters could not independently verify the report from the scene."
    articles = [an_article(n, [*body(n), sentence] if n % 50 == 0 else body(n)) for n in range(600)]
    assert not boilerplate(articles)


def test_background_that_a_few_articles_in_a_row_repeat_stays():
    background = "The bridge was closed in spring after inspectors found cracks in two of its piers."
    articles = [an_article(n, [*body(n), background] if 60 <= n < 66 else body(n)) for n in range(120)]
    assert not boilerplate(articles)


def test_an_appeal_that_was_retired_stays_known():
    articles = [an_article(n, appealing(n) if n < 30 else body(n)) for n in range(300)]
    assert left(appealing(3), memory_of(articles)) == body(3)


def test_what_the_classifier_removed_counts_for_the_articles_in_which_it_did_not():
    line = "Sign up to our weekly politics briefing and never miss a vote again."
    articles = [an_article(n, body(n), out=[line]) for n in range(4)]
    assert left([*body(9), line], memory_of(articles)) == body(9)
    assert not memory_of(articles).taken(articles[0].blocks)


@pytest.mark.parametrize("kind", ["heading", "quote"])
def test_a_section_heading_or_short_quote_inside_the_body_stays(kind):
    line = "What we know so far"
    articles = [an_article(n, [*body(n, 2), line, *body(100 + n, 2)], kinds={line: kind}) for n in range(6)]
    lines = [*body(8, 2), line, *body(108, 2)]
    assert left(lines, memory_of(articles), kinds={line: kind}) == lines


def test_a_heading_goes_with_the_appeal_that_it_introduces():
    lines = [*body(1), *APPEAL[:2]]
    articles = [an_article(n, [*body(n), *APPEAL[:2]], kinds={APPEAL[0]: "heading"}) for n in range(4)]
    assert left(lines, memory_of(articles), kinds={APPEAL[0]: "heading"}) == body(1)


@pytest.mark.parametrize("line", ["KYIV, 3 March (Meridian News) —", '"We will rebuild it," she said.', "Background"])
def test_datelines_quotes_and_labels_stay(line):
    articles = [an_article(n, [*body(n, 2), line, *body(100 + n, 2)]) for n in range(6)]
    lines = [*body(8, 2), line, *body(108, 2)]
    assert left(lines, memory_of(articles)) == lines


def test_short_lines_go_with_the_appeal_around_them():
    memory = memory_of([an_article(n, [*body(n, 2), *APPEAL, *body(100 + n, 2)]) for n in range(4)])
    assert left([*body(8, 2), *APPEAL, *body(108, 2)], memory) == [*body(8, 2), *body(108, 2)]


def test_a_block_that_is_most_of_an_article_stays_in_it():
    notice = " ".join(WORDS * 3)
    memory = memory_of([an_article(n, [*body(n), notice]) for n in range(5)])
    assert left([*body(9), notice], memory) == body(9)
    assert left([body(9)[0], notice], memory) == [body(9)[0], notice]


def test_an_article_of_nothing_but_known_blocks_stays_whole():
    memory = memory_of([an_article(n, appealing(n)) for n in range(4)])
    assert left(APPEAL, memory) == APPEAL


def test_what_a_person_says_goes_before_what_was_learnt():
    articles = [an_article(n, appealing(n)) for n in range(4)]
    own = body(7)[1]
    memory = memory_of(articles, kept=frozenset({block_hash(APPEAL[1])}), forbidden=frozenset({block_hash(own)}))
    assert APPEAL[1] in left(appealing(7), memory)
    assert own not in left(appealing(7), memory)
    assert memory.reason(block_hash(own)) == "forbidden"
    assert memory.reason(block_hash(APPEAL[3])) == "site"


@given(st.randoms(use_true_random=False))
def test_the_order_of_articles_makes_no_difference(dice):
    articles = [an_article(n, appealing(n) if n % 3 else body(n % 12)) for n in range(24)]
    expected = learn(articles)
    dice.shuffle(articles)
    assert learn(articles) == expected


@given(st.permutations(range(12)))
def test_in_a_small_host_it_makes_no_difference_which_article_came_first(order):
    lines = [appealing(n) if n % 2 else body(n) for n in range(12)]
    articles = [an_article(place, lines[n], called=title(n)) for place, n in enumerate(order)]
    assert boilerplate(articles) == {block_hash(line) for line in APPEAL}


def test_blocks_are_read_back_as_they_were_packed():
    blocks = mark(remember([(line, "paragraph") for line in appealing(1)], ["gone"]), {block_hash(APPEAL[0])})
    assert unpack(pack(blocks)) == blocks
    assert marked(blocks) == {block_hash(APPEAL[0])}
    assert blocks[-1].flags == OUT


def test_head_and_foot_of_an_endless_article_are_remembered():
    lines = [APPEAL[1], *(f"{chr(97 + n % 26) * (n // 26 + 1)} went on" for n in range(2000)), APPEAL[3]]
    hashes = {block.hash for block in remember([(line, "paragraph") for line in lines], [])}
    assert len(hashes) <= 300
    assert {block_hash(APPEAL[1]), block_hash(APPEAL[3])} <= hashes

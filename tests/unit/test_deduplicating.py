"""Copies are found by their keys, told from look-alikes by comparison, and joined without chains."""

from datetime import UTC, datetime, timedelta

import pytest

from workers.stages.deduplicating import (
    Candidate,
    Cluster,
    Member,
    choose_canonical,
    compare,
    decide,
    fingerprint,
    prepare,
    regroup,
)

STORM = """The harbour of Lindholm was closed on Tuesday after a storm tore two ferries from their moorings.
Nobody was hurt, said the harbour master, Greta Solberg, but 340 passengers had to spend the night in a school.
Divers will look at the hull of the larger ship as soon as the wind drops below 60 kilometres an hour.
The ferry line said it hoped to sail again on Thursday and would pay for hotels until then.
Fishermen had warned the town in spring that the old bollards would not hold in an autumn gale."""

BUDGET = """The parliament of Westmark passed the budget for next year with a majority of four votes last night.
It raises the pay of nurses by 6 percent and cuts the money for new roads by 120 million crowns.
Finance minister Paul Ekström called it a budget for hard times; the opposition left the chamber before the vote.
Two members of his own party voted against it because their districts lose a railway line.
The law now goes to the upper house, which has until the tenth of December to answer."""

REPORT = """{firm} said on {day} that net profit rose to {profit} million in the {quarter} quarter from {before}.
Sales were {sales} million dollars, and the board proposes a dividend of {dividend} cents a share, it said.
{head}, who has led {firm} since {year}, expects sales of {goal} million dollars for the full year.
Shares of {firm} closed at {price} dollars on {day}, and {traded} thousand of them changed hands."""


NEXT_EDITION = """The harbour of Karsund was closed on Sunday after a storm tore seven ferries from their moorings.
Nobody was hurt, said the harbour master, Hauke Brandt, but 215 passengers had to spend the night in a school.
Divers will look at the hull of the larger ship as soon as the wind drops below 85 kilometres an hour.
The ferry line said it hoped to sail again on Friday and would pay for hotels until then.
Fishermen had warned the town in spring that the old bollards would not hold in an autumn gale."""


def report(**slots: object) -> str:
    return REPORT.format(**slots)


ALDEN = report(
    firm="Alden", day="Monday", profit=14, quarter="first", before=11, sales=230, dividend=35, head="Ruth Vance",
    year=2011, goal=950, price=48, traded=310,
)  # fmt: skip
BORGEN = report(
    firm="Borgen", day="Friday", profit=71, quarter="third", before=82, sales=640, dividend=12, head="Olaf Krantz",
    year=2019, goal=2480, price=17, traded=95,
)  # fmt: skip


def article(article_id: int, text: str, cluster: int | None = None) -> Candidate:
    return Candidate(article_id, article_id if cluster is None else cluster, prepare(text))


def clusters(*articles: Candidate, sizes: dict[int, int] | None = None) -> dict[int, Cluster]:
    grouped: dict[int, list[Candidate]] = {}
    for one in articles:
        grouped.setdefault(one.cluster, []).append(one)
    return {root: Cluster(root, group, (sizes or {}).get(root, len(group))) for root, group in grouped.items()}


def shared_keys(a: str, b: str) -> int:
    return len(set(fingerprint(a).keys) & set(fingerprint(b).keys))


def test_case_punctuation_and_layout_leave_the_fingerprint_as_it_is() -> None:
    typeset = STORM.replace("Tuesday", "Tues\u00adday").replace(".", " .").replace(" said", "\n\tsaid").upper()
    assert fingerprint(typeset) == fingerprint(STORM)


def test_keys_are_signed_64_bit_and_at_most_24() -> None:
    made = fingerprint(STORM)
    assert len(made.keys) == 24
    assert list(made.keys) == sorted(set(made.keys))
    assert all(-(2**63) <= key < 2**63 for key in (*made.keys, made.exact))


def test_keys_stay_what_they_are() -> None:
    """Stored keys are compared with new ones: a change here must raise SCHEME."""
    made = fingerprint(STORM)
    assert (made.scheme, made.exact, made.keys[0]) == (1, -4740455740202627734, 347150995873885542)


@pytest.mark.parametrize("text", ["", "   \n", "\u00ad", "Short item.", "!!! ???"])
def test_a_short_text_has_an_exact_key_only(text: str) -> None:
    assert fingerprint(text).keys == ()
    assert compare(prepare(text), prepare(text)).linked


def test_a_short_text_matches_no_longer_one_that_holds_it() -> None:
    assert compare(prepare(STORM.split("\n", maxsplit=1)[0]), prepare(STORM)).relation is None


@pytest.mark.parametrize(
    ("text", "other"),
    [
        (
            "北京时间周二上午,一艘渡轮在长江口附近搁浅,船上三百四十名乘客全部安全撤离。海事部门表示,事故原因正在调查,航道预计周四恢复通航。"
            "当地渔民说,他们早在春天就提醒过,旧码头的缆桩经不起秋天的大风。",
            "昨天晚上议会以四票的多数通过了明年的预算。护士的工资将提高百分之六,新建公路的经费减少一亿两千万。反对党在表决之前离开了会场,"
            "两名执政党议员也投了反对票,因为他们的选区将失去一条铁路。",
        ),
        (
            "火曜日の午前、港に停泊していたフェリー二隻が強風で流され、乗客三百四十人が学校で一夜を過ごした。けが人はいなかったという。"
            "運航会社は木曜日の再開を目指し、それまでの宿泊費を負担すると発表した。漁師たちは春から危険を訴えていた。",
            "議会は昨夜、来年度の予算案を四票差で可決した。看護師の給与は六パーセント引き上げられ、道路建設の費用は削られる。"
            "野党は採決の前に議場を去り、与党の二人も地元の鉄道が廃止されることを理由に反対した。",
        ),
        (
            "เรือเฟอร์รี่สองลำหลุดจากท่าเรือเมื่อเช้าวันอังคารหลังเกิดพายุแรง ผู้โดยสารสามร้อยสี่สิบคนต้องพักค้างคืนที่โรงเรียน "
            "ไม่มีผู้ได้รับบาดเจ็บ บริษัทเดินเรือหวังว่าจะกลับมาให้บริการได้ในวันพฤหัสบดี",
            "รัฐสภาผ่านร่างงบประมาณปีหน้าเมื่อคืนนี้ด้วยคะแนนเสียงข้างมากสี่เสียง เงินเดือนพยาบาลจะเพิ่มขึ้นร้อยละหก "
            "ส่วนงบสร้างถนนถูกตัดลง ฝ่ายค้านออกจากห้องประชุมก่อนการลงคะแนน",
        ),
    ],
    ids=["Chinese", "Japanese", "Thai"],
)
def test_copies_are_found_in_scripts_without_spaces(text: str, other: str) -> None:
    copy = "\n".join(text[start : start + 40] for start in range(0, len(text), 40))[: len(text) * 4 // 5]
    assert shared_keys(text, copy) >= 2
    assert compare(prepare(text), prepare(copy)).linked
    assert shared_keys(text, other) < 2
    assert not compare(prepare(text), prepare(other)).linked


def test_a_copy_with_a_local_paragraph_is_a_copy() -> None:
    copy = STORM + "\nIn Dunmere, councillor Ada Quist said that the town would look at its own bollards on Friday."
    found = compare(prepare(STORM), prepare(copy))
    assert (found.relation, found.linked) == ("copy", True)
    assert found.containment == 1.0


def test_the_first_half_of_a_long_text_is_an_excerpt() -> None:
    whole = STORM + "\n" + BUDGET
    assert compare(prepare(STORM), prepare(whole)).relation == "excerpt"


def test_a_changed_figure_makes_an_update() -> None:
    later = STORM.replace("340", "412")
    assert compare(prepare(STORM), prepare(later)).relation == "update"


def test_a_changed_figure_days_later_makes_the_next_edition() -> None:
    later = STORM.replace("340", "412")
    assert compare(prepare(STORM), prepare(later), apart=timedelta(days=-7)).relation == "template"
    assert compare(prepare(STORM), prepare(STORM + "\nPhoto: Ada Quist"), apart=timedelta(days=7)).relation == "copy"


def test_two_reports_of_one_form_are_a_template_and_not_linked() -> None:
    found = compare(prepare(ALDEN), prepare(BORGEN))
    assert (found.relation, found.linked) in {("template", False), (None, False)}


def test_a_long_text_with_all_figures_replaced_is_a_template() -> None:
    found = compare(prepare(STORM), prepare(NEXT_EDITION))
    assert (found.relation, found.linked) == ("template", False)


def test_comparison_is_the_same_from_both_sides() -> None:
    later = STORM.replace("340", "412")
    assert compare(prepare(STORM), prepare(later)) == compare(prepare(later), prepare(STORM))


def test_a_copy_joins_the_cluster_of_its_best_match() -> None:
    first, second = article(1, STORM), article(2, STORM + "\n" + BUDGET.split("\n", maxsplit=1)[0], cluster=1)
    new = article(9, STORM)
    decision = decide(new, [first, second], clusters(first, second, new))
    assert decision.roots == (1, 9)
    assert [(link.a, link.b) for link in decision.links] == [(1, 9), (2, 9)]
    assert decision.witnesses == (1, 2)


def test_two_copies_processed_at_once_end_in_one_cluster_whoever_commits_second() -> None:
    low, high = article(4, STORM), article(5, STORM)
    everything = clusters(low, high)
    assert decide(low, [high], everything).roots == decide(high, [low], everything).roots == (4, 5)


def test_an_article_that_is_already_in_the_cluster_joins_nothing_more() -> None:
    low, high = article(4, STORM), article(5, STORM, cluster=4)
    assert decide(high, [low], clusters(low, high)).roots == ()


def test_an_article_that_is_no_copy_joins_nothing() -> None:
    new, other = article(2, BORGEN), article(1, ALDEN)
    assert decide(new, [other], clusters(new, other)).roots == ()


def test_a_roundup_stands_alone() -> None:
    storm, budget = article(1, STORM), article(2, BUDGET)
    roundup = article(3, STORM + "\n" + BUDGET)
    decision = decide(roundup, [storm, budget], clusters(storm, budget, roundup))
    assert (decision.roots, decision.links, decision.roundups) == ((), (), (3,))


def test_a_roundup_that_came_first_is_found_out_by_the_second_text_it_holds() -> None:
    roundup, storm = article(1, STORM + "\n" + BUDGET), article(2, STORM, cluster=1)
    budget = article(3, BUDGET)
    decision = decide(budget, [roundup], clusters(roundup, storm, budget))
    assert (decision.roots, decision.links, decision.roundups) == ((), (), (1,))


def test_one_article_between_two_large_clusters_does_not_merge_them() -> None:
    storm, between, budget = article(1, STORM), article(9, STORM + "\n" + BUDGET[:330]), article(2, BUDGET[:330])
    around = clusters(storm, budget, between, sizes={1: 5, 2: 5})
    assert decide(between, [storm, budget], around).roots in {(1, 9), ()}


def test_a_cluster_of_the_same_form_outvotes_one_match() -> None:
    """A reworded copy may be too thin to show that the next edition of its report has other figures."""
    thin = article(7, NEXT_EDITION + "\nMore on page 4.", cluster=1)
    first, second, new = (
        article(1, STORM),
        article(2, STORM + "\nPhoto: Ada Quist", cluster=1),
        article(9, NEXT_EDITION),
    )
    decision = decide(new, [first, second, thin], clusters(first, second, thin, new))
    assert decision.roots == (1, 9)  # nearly identical: no vote overrules that
    shorter = article(7, "\n".join(NEXT_EDITION.split("\n")[1:4]), cluster=1)
    assert decide(new, [first, second, shorter], clusters(first, second, shorter, new)).roots == ()


def test_a_quote_of_several_sentences_makes_no_copy() -> None:
    quoting = BUDGET + "\nAs an agency reported: " + " ".join(STORM.split("\n")[2:4])
    assert not compare(prepare(STORM), prepare(quoting)).linked


def test_an_excerpt_that_is_quoted_in_another_text_makes_no_copy() -> None:
    excerpt = "\n".join(STORM.split("\n")[:2])
    quoting = BUDGET + "\nAs an agency reported: " + excerpt
    assert compare(prepare(excerpt), prepare(STORM)).relation == "excerpt"
    assert not compare(prepare(excerpt), prepare(quoting)).linked


def test_the_furniture_of_a_site_makes_no_copy() -> None:
    furniture = """
Comments on the Evening Gull are open for two days and are read by our moderators before they appear on the page.
Do you have a tip for our desk in Dunmere? Write to the newsroom, and we will treat every message in confidence.
The Gull is a member of the press council; corrections to our articles are listed on a page of their own."""
    assert not compare(prepare(STORM + furniture), prepare(BUDGET + furniture), same_site=True).linked
    assert not compare(prepare(STORM + furniture), prepare(BUDGET + furniture)).linked


def test_clusters_whose_canonicals_match_merge() -> None:
    here, there, new = article(1, STORM), article(2, STORM + "\nMore on page 4."), article(3, STORM)
    assert decide(new, [here, there], clusters(here, there, new, sizes={1: 9, 2: 9})).roots == (1, 2, 3)


def test_what_an_article_held_together_falls_apart_without_it() -> None:
    assert regroup([1, 2, 4, 5], [(1, 3), (2, 3), (4, 5), (2, 5)]) == {1: 1, 2: 2, 4: 2, 5: 2}


def day(number: int) -> datetime:
    return datetime(2026, 9, number, tzinfo=UTC)


def test_the_source_is_shown_before_the_earliest_the_longest_and_the_first() -> None:
    early, late, source = Member(7, 100, day(1)), Member(2, 400, day(2)), Member(9, 50, day(3), is_source=True)
    assert choose_canonical([early, late, source]) == 9
    assert choose_canonical([early, late]) == 7
    assert (
        choose_canonical([Member(5, 100, day(1)), Member(3, 90, day(1)), Member(4, 100, day(1)), Member(1, 500)]) == 4
    )

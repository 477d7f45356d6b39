"""What is made of the judgement of a page's lines."""

import numpy as np

from tests.support import stories
from workers.stages.cleaning.blocks import key
from workers.stages.cleaning.classifier import Judgement
from workers.stages.cleaning.editing import edit
from workers.stages.cleaning.items import Item


def test_a_long_paragraph_in_a_second_container_of_the_article_needs_little_to_stay():
    texts = [" ".join(stories.paragraphs(number)[:3]) for number in range(8)]
    texts[7] = " ".join(texts[7].split()[:30])
    items = [Item(text, key(text), None, float(place), place < 4) for place, text in enumerate(texts)]
    related = np.array([False, False, False, False, True, True, False, True])
    article = np.where(np.arange(8) < 4, 0.99, 0.12)
    article[5] = 0.02
    nothing, never = np.zeros(8), np.zeros(8, dtype=bool)
    judged = Judgement(article, nothing, nothing - 5, never, related, nothing, never)

    lines, _ = edit(items, judged)

    assert [line.text for line in lines] == texts[:5]

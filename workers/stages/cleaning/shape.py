"""What a page looks like to somebody who does not read it: how much of it tells, and how much points elsewhere."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from workers.stages.cleaning.blocks import FLAGS, Block, key, size
from workers.stages.cleaning.features import TERMINAL

ENDS: Final = (*TERMINAL, "؟", "۔", "।", ":", "»")
CUT: Final = re.compile(r"(?:\.\.\.|…|\[[.…]+\])\W*$")  # a text that goes on behind a link
FURNITURE: Final = FLAGS["nav"] | FLAGS["aside"] | FLAGS["footer"] | FLAGS["hidden"]  # a form may be all of a page
WITHIN: Final = FLAGS["article"] | FLAGS["main"]  # where a header is one of the text
CAPTION: Final = FLAGS["figure"]
COUNTED: Final = re.compile(r"^\W*\d{1,3}\s*(?:/|of|von|sur|de|di|из|z|van)\s*\d{1,3}\b", re.IGNORECASE)
SENTENCE: Final = 8  # words; without a full stop more
UNENDED: Final = 16
NAMES: Final = 0.5  # of the words of a line; German has a third
HEADLINE: Final = 4  # words of one at least
LONGEST_HEADLINE: Final = 30
LONGEST_TEASER: Final = 60
BELOW: Final = 3  # blocks between a headline and what it announces


@dataclass(frozen=True, slots=True)
class Shape:
    """Counts, furniture left aside; `words`, `own`, `announced` and `captions` are numbers of words."""

    words: int = 0  # of the text that was kept
    own: int = 0  # those in sentences that announce no other page and are no caption
    headlines: int = 0  # of other pages, each a link
    teasers: int = 0  # paragraphs that announce another page
    announced: int = 0  # words in them
    captions: int = 0
    rest: int = 0  # words that neither announce another page nor are its headline


def shape(lines: Sequence[str], blocks: Sequence[Block], titles: Sequence[str]) -> Shape:
    """The shape of a page of which `lines` were kept, and which calls itself by one of `titles`."""
    kept = "\n".join(key(line) for line in lines)
    names = [letters for title in titles if (letters := key(title))]
    own = headlines = teasers = announced = linked = captions = 0
    behind = BELOW + 1  # blocks since the last headline
    for block in blocks:
        around = is_furniture(block)
        behind += not around
        if not around and _is_headline(block) and not _names_page(block, names):
            headlines += 1
            linked += size(block.text) if block.key in kept else 0
            behind = 0
        elif not is_sentence(block):
            continue
        elif block.place.flags & CAPTION or block.place.tag == "figcaption" or COUNTED.match(block.text):
            captions += size(block.text)
        elif not around and (CUT.search(block.text) or (behind <= BELOW and size(block.text) <= LONGEST_TEASER)):
            teasers += 1
            announced += size(block.text)
        elif block.key in kept:  # wherever it stands, the cleaner took it for the article
            own += size(block.text)
    words = size("\n".join(lines))
    return Shape(words, own, headlines, teasers, announced, captions, max(0, words - announced - linked))


def prose(lines: Sequence[str]) -> int:
    """Words in sentences, wherever these stand on the page and however its lines are broken."""
    whole: list[str] = []
    for line in lines:
        if whole and line[:1].islower() and not whole[-1].endswith(ENDS):
            whole[-1] += " " + line
        else:
            whole.append(line)
    return sum(size(line) for line in whole if _is_told(line))


def _is_told(line: str) -> bool:
    """Whether a line is long enough for a sentence, and no run of names and numbers."""
    if size(line) < (SENTENCE if line.endswith(ENDS) else UNENDED):
        return False
    heads = [word[0] for word in re.findall(r"\w+", line)]
    others = sum(head.isdigit() or (head.isupper() and not line.isupper()) for head in heads)
    return bool(others < NAMES * len(heads))


def is_furniture(block: Block) -> bool:
    """Whether a block lies in what the site puts around its pages."""
    flags = block.place.flags
    return bool(flags & FURNITURE) or (bool(flags & FLAGS["header"]) and not flags & WITHIN)


def is_sentence(block: Block) -> bool:
    """Whether a block tells something by itself."""
    if block.link_chars > 0.3 * len(block.text):
        return False
    return size(block.text) >= (SENTENCE if block.text.endswith(ENDS) else UNENDED)


def _is_headline(block: Block) -> bool:
    return block.link_chars > 0.8 * len(block.text) and HEADLINE <= size(block.text) <= LONGEST_HEADLINE


def _names_page(block: Block, names: Sequence[str]) -> bool:
    """A headline that leads to the page it stands on."""
    return any(block.key in name or name in block.key for name in names)

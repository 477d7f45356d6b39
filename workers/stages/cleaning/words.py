"""Words of a page as numbers, for models that know a word or a pair of words by its hash."""

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import chain
from typing import Final
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

BUCKETS: Final = 1 << 18
MAX_WORDS: Final = 120  # of a line
MAX_CHARS: Final = 4_000  # that hold as many
# A word, a number, a sign of Chinese or Japanese, or a mark that sets the tone.
WORD: Final = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]|[^\W\d_\u3040-\u30ff\u4e00-\u9fff]+|\d+|[?!:$€£%→»©|]")
PREFIX: Final = 5

# How a newspaper speaks of itself and to its readers. Whole words, then beginnings of longer ones.
WE: Final = (
    "we us our ours wir uns unser unsere unseren unserer unserem nous notre nos nosotros nuestro nuestra nuestros "
    "nuestras noi nostro nostra nostri nostre nós nosso nossa nossos nossas wij we ons onze my nas nasz nasza nasze "
    "naszej мы нас нам наш наша наше наши нашу нашей biz bize bizi vi vår vårt våra vores vår náš naše nás ми нам наші"
)
YOU: Final = (
    "you your yours sie ihr ihre ihren ihrer ihnen du dich dir dein deine vous votre vos tu te ti tus su usted ustedes "
    "tuo tua tuoi voi vostro você vocês seu sua je jij jou jouw u uw ty ci ciebie cię twój twoja вы вас вам ваш ваша "
    "ваше ваши вашу ты тебе siz size sizin du dig din ditt dit vy vás váš vaše ви вас ваш"
)
TRADE: Final = (
    "journalis donat donor subscri newslet member support reader report newsroo editori indepen paywall "
    "advert propaga censor funded fundrai patron sponsor spende abonn leserinn journalist redaktion werbung "
    "soutien soutene abonnez lecteur rédacti publici dons apoya lector suscri redacci donaci socios sosten lettori "
    "abbona redazio assin leitor apoie apoio doação lezer steun wspar wesprz redakc czyteln prenum reklam поддер "
    "пожерт читат редакц журнал подпис реклам destek okur abone bağış gazete läsare prenumer stöd cookie datensch "
    "privacy consent comment komment share follow folgen suivez síguen seguici segui volg obserw login register inbox "
    "email postfach podcast download premium trial unlimit month monthly monat mensuel mensual mensil maand miesi"
)

SHORT_TRADE: Final = (
    "contribute contributed contribution contributions unterstützen unterstützt unterstütze unterstützung "
    "donate donor gift gifts give funds fund funded reader readers member join sign log login share follow watch email "
    "inbox app apps free cookie cookies spende spenden abo abos lesen teilen anzeige dons don lire lettre partager "
    "suivez socio socios boletín correo sigue dona soci dono segui leggi anche doe siga leia lid gift volg lees dar "
    "wpłać czytaj рубль донат читай oku takip stöd följ läs støt følg les dary"
)

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


def _hashes(words: str) -> frozenset[int]:
    return frozenset(crc32(word.encode()) for word in words.split())


WE_WORDS: Final = _hashes(WE)
YOU_WORDS: Final = _hashes(YOU)
TRADE_WORDS: Final = _hashes(SHORT_TRADE)
TRADE_HEADS: Final = frozenset(crc32(word[:PREFIX].encode(), 7) for word in TRADE.split())


@lru_cache(maxsize=1 << 16)  # the words of news recur
def _known(word: str) -> tuple[int, int, bool, bool, bool]:
    """Hash of a word and of its beginning; whether it is one for us, for you, or of the trade."""
    whole = crc32(("0" if word[0].isdigit() else word).encode())
    head = crc32(word[:PREFIX].encode(), 7) if len(word) > PREFIX + 1 else 0
    return whole, head, whole in WE_WORDS, whole in YOU_WORDS, head in TRADE_HEADS or whole in TRADE_WORDS


class Words:
    """The words of `lines`: hashes of whole words, of their beginnings, and the line of each."""

    def __init__(self, lines: Sequence[str]) -> None:
        counts: list[int] = []
        known: list[tuple[int, int, bool, bool, bool]] = []
        for text in lines:
            found = WORD.findall(text[:MAX_CHARS].casefold())[:MAX_WORDS]
            counts.append(len(found))
            known += map(_known, found)
        table = np.fromiter(chain.from_iterable(known), np.int64, 5 * len(known)).reshape(len(known), 5)
        self.whole: Ints = table[:, 0].copy()
        self.heads: Ints = table[:, 1].copy()
        self._marks: Ints = table[:, 2:]
        self.line: Ints = np.repeat(np.arange(len(counts)), counts)
        self.counts: Ints = np.array(counts, dtype=np.int64)

    def tone(self) -> "Floats":
        """For each line the shares of words for us, for you, and of the trade."""
        size, total = len(self.counts), np.maximum(1, self.counts)
        return np.column_stack([np.bincount(self.line, mark, minlength=size) / total for mark in self._marks.T])

    def grams(self) -> tuple[Ints, Ints]:
        """Buckets of words, beginnings, pairs, and pairs with one word between; and the line of each."""
        parts, lines = [self.whole], [self.line]
        long = self.heads != 0
        parts.append(self.heads[long])
        lines.append(self.line[long])
        for gap in (1, 2):
            first, second = self.whole[:-gap], self.whole[gap:]
            together = self.line[:-gap] == self.line[gap:]
            parts.append((first[together] * 1_000_003 + second[together] * 998_244_353 + gap) >> 3)
            lines.append(self.line[gap:][together])
        return np.concatenate(parts) % BUCKETS, np.concatenate(lines)


def scores(words: Words, weights: NDArray[np.float32], bias: NDArray[np.float32]) -> Floats:
    """Logit of each line under each model, and the share of its words that were known in training.

    `weights` is BUCKETS x models.
    """
    size, models = len(words.counts), weights.shape[1]
    out = np.zeros((size, models + 1))
    if len(words.whole) == 0:
        return out
    buckets, lines = words.grams()
    norm = 1 / np.sqrt(np.maximum(1, np.bincount(lines, minlength=size)))
    for model in range(models):
        out[:, model] = np.bincount(lines, weights[buckets, model], minlength=size) * norm + bias[model]
    known = weights[words.whole % BUCKETS, 0] != 0
    out[:, models] = np.bincount(words.line, known, minlength=size) / np.maximum(1, words.counts)
    return out


def company(words: Words, voted: NDArray[np.bool_]) -> Floats:
    """For each line the share of its longer words that other kept lines have, and how much of it is repeated."""
    return np.column_stack([_shared(words, voted), _repeated(words, voted)])


def _shared(words: Words, voted: NDArray[np.bool_]) -> Floats:
    size = len(words.counts)
    content = words.heads != 0
    if not content.any():
        return np.zeros(size)
    heads, lines = np.divmod(np.unique(words.heads[content] * size + words.line[content]), size)
    kept = voted[lines]
    names, inverse = np.unique(heads, return_inverse=True)
    known = np.bincount(inverse, kept, minlength=len(names))
    shared = known[inverse] - kept >= 1
    total = np.bincount(lines, minlength=size)
    return np.bincount(lines, shared, minlength=size) / np.maximum(1, total)


def _repeated(words: Words, voted: NDArray[np.bool_]) -> Floats:
    """Share of the triples of words that a kept line has said already; kept lines look back, the others all round."""
    size = len(words.counts)
    together = words.line[:-2] == words.line[2:]
    if not together.any():
        return np.zeros(size)
    triples = (words.whole[:-2] * 1_000_003 + words.whole[1:-1] * 998_244_353 + words.whole[2:])[together]
    lines = words.line[2:][together]
    names, inverse = np.unique(triples, return_inverse=True)
    first = np.full(len(names), size)
    kept = voted[lines]
    np.minimum.at(first, inverse[kept], lines[kept])
    said = np.where(kept, first[inverse] < lines, first[inverse] < size)
    return np.bincount(lines, said, minlength=size) / np.maximum(1, np.bincount(lines, minlength=size))

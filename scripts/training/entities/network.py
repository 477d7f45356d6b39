"""The network: a MiniLM encoder that also sees case classes and word-list flags, and tags every piece."""

import json
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - the name everybody knows

from scripts.training.entities.corpus import TAGS
from workers.stages.extracting.words import CASES, FLAGS

WIDTH, HEADS, INNER, LAYERS, LONGEST = 384, 12, 1536, 6, 512


class Layer(nn.Module):
    """One encoder layer, attention then feed-forward, each with its residual and norm."""

    def __init__(self, inner: int) -> None:
        super().__init__()
        self.attend = nn.Linear(WIDTH, 3 * WIDTH)
        self.out = nn.Linear(WIDTH, WIDTH)
        self.norm = nn.LayerNorm(WIDTH, eps=1e-12)
        self.up = nn.Linear(WIDTH, inner)
        self.down = nn.Linear(inner, WIDTH)
        self.norm_out = nn.LayerNorm(WIDTH, eps=1e-12)

    def forward(self, x: Tensor, mask: Tensor, drop: float) -> Tensor:
        """x: batch, length, WIDTH; mask: batch, 1, 1, length, true where a piece stands."""
        batch, length, _ = x.shape
        q, k, v = self.attend(x).view(batch, length, 3, HEADS, WIDTH // HEADS).permute(2, 0, 3, 1, 4)
        mixed = F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
        mixed = self.out(mixed.transpose(1, 2).reshape(batch, length, WIDTH))
        x = self.norm(x + F.dropout(mixed, drop, self.training))
        fed = self.down(F.gelu(self.up(x)))
        return self.norm_out(x + F.dropout(fed, drop, self.training))


class Tagger(nn.Module):
    """Pieces, case classes and flags in; a score for every tag out."""

    def __init__(self, inner: int = INNER, vocabulary: int = 30522, drop: float = 0.1) -> None:
        super().__init__()
        self.drop = drop
        self.word = nn.Embedding(vocabulary, WIDTH)
        self.position = nn.Embedding(LONGEST, WIDTH)
        self.case = nn.Embedding(len(CASES), WIDTH)
        self.flag = nn.Linear(len(FLAGS), WIDTH, bias=False)
        self.norm = nn.LayerNorm(WIDTH, eps=1e-12)
        self.layers = nn.ModuleList(Layer(inner) for _ in range(LAYERS))
        self.head = nn.Linear(WIDTH, len(TAGS))
        self.case_head = nn.Embedding(len(CASES), len(TAGS))
        self.flag_head = nn.Linear(len(FLAGS), len(TAGS), bias=False)
        for added in (self.case, self.flag, self.case_head, self.flag_head):
            nn.init.zeros_(added.weight)
        nn.init.normal_(self.head.weight, std=0.02)
        nn.init.zeros_(self.head.bias)
        self.word.weight.requires_grad_(False)

    def forward(self, ids: Tensor, cases: Tensor, flags: Tensor, mask: Tensor) -> Tensor:
        """ids, cases: batch, length; flags: batch, length, FLAGS; mask: batch, length. Scores: batch, length, TAGS."""
        at = torch.arange(ids.shape[1])
        x = self.word(ids) + self.position(at) + self.case(cases) + self.flag(flags)
        x = F.dropout(self.norm(x), self.drop, self.training)
        for layer in self.layers:
            x = layer(x, mask[:, None, None, :], self.drop)
        scores: Tensor = self.head(x) + self.case_head(cases) + self.flag_head(flags)
        return scores


def pretrained(folder: Path) -> Tagger:
    """A tagger with MiniLM's weights from a folder with model.safetensors."""
    return adopt(Tagger(), load_safetensors(folder / "model.safetensors"))


def stored(path: Path) -> Tagger:
    """A tagger with weights that train.py or prune.py wrote."""
    weights = torch.load(path, weights_only=True)
    tagger = Tagger(len(weights["layers.0.up.bias"]))
    tagger.load_state_dict(weights)
    return tagger


def adopt(tagger: Tagger, theirs: dict[str, Tensor]) -> Tagger:
    """BERT's tensors under our names; the segment embedding is always the first, so it joins the positions."""
    embeddings = "embeddings."
    ours = {
        "word.weight": theirs[embeddings + "word_embeddings.weight"],
        "position.weight": theirs[embeddings + "position_embeddings.weight"]
        + theirs[embeddings + "token_type_embeddings.weight"][0],
    }
    ours |= both("norm", embeddings + "LayerNorm", theirs)
    for at in range(LAYERS):
        base, mine = f"encoder.layer.{at}.", f"layers.{at}."
        for part in ("weight", "bias"):
            of = [theirs[f"{base}attention.self.{name}.{part}"] for name in ("query", "key", "value")]
            ours[f"{mine}attend.{part}"] = torch.cat(of)
        ours |= both(mine + "out", base + "attention.output.dense", theirs)
        ours |= both(mine + "norm", base + "attention.output.LayerNorm", theirs)
        ours |= both(mine + "up", base + "intermediate.dense", theirs)
        ours |= both(mine + "down", base + "output.dense", theirs)
        ours |= both(mine + "norm_out", base + "output.LayerNorm", theirs)
    left = tagger.load_state_dict(ours, strict=False)
    assert not left.unexpected_keys, left.unexpected_keys  # noqa: S101 - a training script
    return tagger


def both(mine: str, name: str, theirs: dict[str, Tensor]) -> dict[str, Any]:
    """The weight and bias of one part under our name."""
    return {f"{mine}.{part}": theirs[f"{name}.{part}"] for part in ("weight", "bias")}


def load_safetensors(path: Path) -> dict[str, Tensor]:
    """The tensors of a safetensors file: a length, a JSON header, the raw numbers."""
    raw = path.read_bytes()
    size = int.from_bytes(raw[:8], "little")
    header = json.loads(raw[8 : 8 + size])
    found = {}
    for name, meta in header.items():
        if name != "__metadata__" and meta["dtype"] == "F32":
            start, end = meta["data_offsets"]
            numbers = bytearray(raw[8 + size + start : 8 + size + end])
            found[name] = torch.frombuffer(numbers, dtype=torch.float32).reshape(meta["shape"])
    return found

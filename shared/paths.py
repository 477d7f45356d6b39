"""Where the embedded services keep their files."""

import hashlib
import tempfile
from pathlib import Path

LONGEST_SOCKET_PATH = 100  # the kernel's limit is 104 bytes on macOS, 108 on Linux


def socket_path(data_dir: Path) -> Path:
    """The broker's Unix socket: in `data_dir`, or, where that path is too long for a socket, under a short name.

    The short name is made of the full path, so that every process that knows `data_dir` finds the same one.
    """
    inside = data_dir.resolve() / "broker.sock"
    if len(str(inside).encode()) <= LONGEST_SOCKET_PATH:
        return inside
    digest = hashlib.sha256(str(inside).encode()).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"copydesk-{digest}" / "broker.sock"


def lock_path(data_dir: Path) -> Path:
    """The file that a running `copydesk run` holds locked."""
    return data_dir / "run.lock"


def log_path(data_dir: Path) -> Path:
    """Where embedded workers write their logs."""
    return data_dir / "workers.log"

"""What is installed is what is here: an editable install would hide a file that is left out, an image would not."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

TOP = Path(__file__).parents[2]
PACKAGES = ("shared", "workers", "scripts")


def test_the_wheel_holds_every_file_of_the_packages(tmp_path):
    source = tmp_path / "source"
    for name in PACKAGES:
        shutil.copytree(TOP / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(TOP / name, source)
    here = {path.relative_to(source).as_posix() for name in PACKAGES for path in (source / name).rglob("*.*")}

    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*build, "--wheel-dir", tmp_path, source], check=True)

    (wheel,) = tmp_path.glob("copydesk-*.whl")
    packed = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert packed == here


def test_no_lock_file_names_an_index():
    for lock in TOP.glob("requirements*.lock"):
        assert "://" not in lock.read_text()

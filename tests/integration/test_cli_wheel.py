"""What `pip install nba-server` brings: everything that the packages have, and nothing else."""

from __future__ import annotations

import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_wheel_has_every_file_of_the_packages_and_nothing_else(tmp_path: Path) -> None:
    """Scripts, schemas, definitions and type marks travel; tests, tools and caches do not."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    packed = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
    folders = {Path(package): Path(package).name for package in settings["packages"]}
    folders |= {Path(source): target for source, target in settings.get("force-include", {}).items()}
    wanted = {
        str(Path(target) / path.relative_to(ROOT / folder))
        for folder, target in folders.items()
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert packed == wanted
    assert {"nba_client/py.typed", "nba_server/adapters/redis/scripts/decide.lua"} <= packed

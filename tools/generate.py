"""Generates the protobuf and gRPC code from proto/ into the packages that use it.

`python tools/generate.py` writes; `--check` compares instead and fails when the committed code is not what proto/ builds.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
from pathlib import Path

from grpc_tools import protoc

ROOT = Path(__file__).resolve().parent.parent
PROTO = ROOT / "proto"
TARGETS = {"nba_server.pb": ROOT / "nba_server/pb", "nba_client.pb": ROOT / "clients/python/nba_client/pb"}
HEADER = "# Generated from proto/ by tools/generate.py. Do not edit.\n"


def generate(out: Path) -> dict[str, str]:
    """Runs protoc into `out` and returns file name -> text, with flat names."""
    import grpc_tools

    well_known = Path(grpc_tools.__file__).parent / "_proto"
    files = sorted(str(path.relative_to(PROTO)) for path in PROTO.rglob("*.proto"))
    arguments = [
        "protoc",
        f"-I{PROTO}",
        f"-I{well_known}",
        f"--python_out={out}",
        f"--pyi_out={out}",
        f"--grpc_python_out={out}",
        *files,
    ]
    if protoc.main(arguments) != 0:
        raise SystemExit("protoc failed; its message is above")
    return {path.name: path.read_text() for path in sorted(out.rglob("*.py*"))}


def rewrite(text: str, package: str) -> str:
    """Moves the imports of generated siblings into `package`."""
    text = re.sub(r"^from nba\.v1 import (\w+)", rf"from {package} import \1", text, flags=re.MULTILINE)
    return HEADER + text


def main() -> None:
    """Writes or checks the generated code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    check = parser.parse_args().check
    with tempfile.TemporaryDirectory() as folder:
        generated = generate(Path(folder))
    stale: list[str] = []
    for package, folder_path in TARGETS.items():
        wanted = {name: rewrite(text, package) for name, text in generated.items()}
        wanted["__init__.py"] = HEADER + '"""Generated protobuf messages and gRPC stubs of nba.v1."""\n'
        found = {path.name: path.read_text() for path in folder_path.glob("*.py*")}
        stale += [f"{package}/{name}" for name in wanted.keys() | found.keys() if wanted.get(name) != found.get(name)]
        if not check:
            folder_path.mkdir(parents=True, exist_ok=True)
            for name in found.keys() - wanted.keys():
                (folder_path / name).unlink()
            for name, text in wanted.items():
                (folder_path / name).write_text(text)
    if check and stale:
        sys.exit("Generated code is out of date (run `make generate`): " + ", ".join(sorted(stale)))


if __name__ == "__main__":
    main()

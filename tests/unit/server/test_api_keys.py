"""API keys: new ones, the file, and looking one up."""

from __future__ import annotations

from pathlib import Path

import pytest

from nba_server.errors import InvalidArgument
from nba_server.transport.api_keys import ApiKeys, new_key
from nba_server.transport.grpc.scopes import ALL_SCOPES


def written(path: Path, text: str) -> Path:
    """A key file with this text."""
    file = path / "keys.yaml"
    file.write_text(text)
    return file


def test_a_new_key_is_found_by_its_hash(tmp_path: Path) -> None:
    """The printed entry, put into the file, lets the key in with its scopes; the file does not contain the key."""
    key, entry = new_key("shop", ["site", "import"])
    text = f"keys:\n  - {{name: {entry.name}, sha256: {entry.sha256}, scopes: [import, site]}}\n"
    keys = ApiKeys.load(written(tmp_path, text), ALL_SCOPES)
    found = keys.find(key)
    assert found is not None
    assert (found.name, found.scopes) == ("shop", frozenset({"site", "import"}))
    assert key not in text


def test_an_unknown_key_is_nobody(tmp_path: Path) -> None:
    """A key that is not in the file, and the hash itself, are not let in."""
    _, entry = new_key("shop", ["site"])
    keys = ApiKeys([entry])
    assert keys.find("nba_other") is None
    assert keys.find(entry.sha256) is None


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "no list `keys`"),
        ("keys: [}", "cannot be read"),
        ("keys: [{name: local, sha256: aa, scopes: [root]}]", "sha256"),
        ("keys: [{name: a, sha256: zz, scopes: []}]", "scopes"),
        (f"keys: [{', '.join(['{name: a, sha256: ' + 'a' * 64 + ', scopes: [site]}'] * 2)}]", "twice"),
    ],
)
def test_a_wrong_file_is_refused(tmp_path: Path, text: str, fault: str) -> None:
    """A key file with faults is refused at the start, with all of them."""
    with pytest.raises(InvalidArgument, match=fault):
        ApiKeys.load(written(tmp_path, text), ALL_SCOPES)


def test_the_name_of_the_local_caller_is_taken(tmp_path: Path) -> None:
    """No key may be called `local` or `server`, which would be mistaken in the journal."""
    text = f"keys: [{{name: server, sha256: {'a' * 64}, scopes: [site]}}]"
    with pytest.raises(InvalidArgument, match="not `local` or `server`"):
        ApiKeys.load(written(tmp_path, text), ALL_SCOPES)

"""Build products are found again when nothing changed, and only then."""

import pytest

from cairn_lab import cache


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(cache, "CACHE", tmp_path / "cache")
    return tmp_path


def _maker(calls, text="made"):
    def make(path):
        calls.append(path)
        path.write_text(text)

    return make


def test_a_product_is_made_once():
    calls = []
    first = cache.product("thing", ["a", b"b"], _maker(calls))
    second = cache.product("thing", ["a", b"b"], _maker(calls))
    assert first == second and len(calls) == 1 and first.read_text() == "made"


def test_what_an_interrupted_make_left_does_not_count():
    def interrupted(path):
        path.mkdir()
        (path / "half").touch()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cache.product("thing", ["a"], interrupted)
    assert cache.product("thing", ["a"], _maker([])).read_text() == "made"


@pytest.mark.parametrize(
    "change",
    [
        lambda tree: (tree / "file").write_text("other"),
        lambda tree: (tree / "file").rename(tree / "renamed"),
        lambda tree: (tree / "file").chmod(0o755),
        lambda tree: (tree / "new").symlink_to("file"),
    ],
    ids=["content", "name", "permission", "link"],
)
def test_the_key_follows_every_change_in_a_tree(folder, change):
    tree = folder / "tree"
    tree.mkdir()
    (tree / "file").write_text("text")
    before = cache.key([tree])
    assert cache.key([tree]) == before
    change(tree)
    assert cache.key([tree]) != before


def test_neighbouring_inputs_do_not_run_into_one_another():
    assert cache.key(["ab", "c"]) != cache.key(["a", "bc"])


def test_prune_keeps_what_is_young_or_in_use():
    used = cache.product("thing", ["used"], _maker([]))
    old = cache.product("thing", ["old"], _maker([]))
    cache.prune(days=1)
    assert used.exists() and old.exists()
    assert cache.prune(days=-1, keep=[used]) > 0
    assert used.exists() and not old.exists()

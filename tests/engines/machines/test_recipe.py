import pytest

from groundcloud.engines.machines.image import recipe


def test_every_recipe_names_its_suite_in_its_sources():
    assert {"debian-12", "debian-13", "ubuntu-24.04"} <= recipe.recipes().keys()
    for found in recipe.recipes().values():
        assert found.suite in found.sources[0]
        assert all("{mirror}" in line or line.startswith("deb http") for line in found.sources)


def test_an_unknown_recipe_is_told_which_there_are():
    with pytest.raises(recipe.UnknownRecipe, match=r"no recipe windows. There are: debian-12"):
        recipe.recipe("windows")


def test_a_change_of_our_files_makes_another_upper_layer_on_the_same_base(monkeypatch, tmp_path):
    base, own = recipe.base_layer("debian-12"), recipe.own_layer(recipe.base_layer("debian-12"))
    changed = tmp_path / "x"
    changed.write_text("changed")
    monkeypatch.setattr(recipe, "own_files", lambda: [changed])
    assert recipe.base_layer("debian-12") == base
    assert recipe.own_layer(base) != own
    assert own.startswith(base + "-")


def test_every_file_of_the_agent_and_its_units_is_put_into_images():
    names = {path.name for path in recipe.own_files()}
    assert {"__main__.py", "userdata.py", "early.py", "host-keys", "groundcloud-init.service", "mount-disk"} <= names

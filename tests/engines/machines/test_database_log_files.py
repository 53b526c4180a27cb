"""The log files of a database machine, as its agent lists, reads, ships and turns them."""

import os

import pytest

from groundcloud.engines.machines.database import logs, system

POSTGRES = """\
2026-11-22 07:00:01 UTC::@:[1]:LOG:  starting PostgreSQL 15.18
2026-11-22 07:00:02 UTC:10.0.0.9(4242):lab@app:[9]:ERROR:  syntax error at or near "SELEC"
\tat character 1
2026-11-22 07:00:02 UTC:10.0.0.9(4242):lab@app:[9]:STATEMENT:  SELEC 1
"""
AT_ONE = 1795330801000
"""07:00:01 on that day, in milliseconds since 1970."""


@pytest.fixture()
def folder(tmp_path, monkeypatch):
    """A data volume with one log file."""
    monkeypatch.setattr(system, "LOGS", f"{tmp_path}/log")
    monkeypatch.setattr(logs, "_STATE", f"{tmp_path}/.exported.json")
    made = tmp_path / "log" / "error"
    made.mkdir(parents=True)
    (made / "postgresql.log.2026-11-22-07").write_text(POSTGRES)
    return made


@pytest.fixture()
def told(monkeypatch):
    """What is shipped to the cloud, which takes it unless a test says otherwise."""

    class Told:
        takes = True
        events: list = []

    def tell(what, content):
        assert what == "/events"
        if Told.takes:
            Told.events.extend(content["events"])
        return Told.takes

    Told.events = []
    monkeypatch.setattr(system, "tell", tell)
    return Told


def ask(file="error/postgresql.log.2026-11-22-07", place=0, lines=10_000):
    return logs.answer({"file": file, "place": place, "lines": lines})


def test_entries_have_their_times_and_their_further_lines():
    found = list(logs.entries("postgresql", POSTGRES, 5))
    assert [at for at, _ in found] == [AT_ONE, AT_ONE + 1000, AT_ONE + 1000]
    assert found[1][1].endswith('near "SELEC"\n\tat character 1')
    assert list(logs.entries("general", "one\ntwo\n", 5)) == [(5, "one"), (5, "two")]


def test_a_slow_query_is_one_entry_with_its_time():
    text = "# Time: 261122  7:00:01\n# User@Host: lab[lab]\nSELECT 1;\n# User@Host: lab[lab]\nSELECT 2;\n"
    assert [text for _, text in logs.entries("slowquery", text, 5)] == [
        "# Time: 261122  7:00:01\n# User@Host: lab[lab]\nSELECT 1;",
        "# User@Host: lab[lab]\nSELECT 2;",
    ]


def test_a_time_of_mariadb_may_have_one_digit_of_hours():
    ((at, _),) = logs.entries("error", "2026-11-22  7:00:01 0 [Note] ready for connections.\n", 5)
    assert at == AT_ONE


def test_portions_follow_one_another_without_a_gap(folder):
    first = ask(lines=1)
    rest = ask(place=first["place"])
    assert first["more"]
    assert not rest["more"]
    assert first["text"] + rest["text"] == POSTGRES
    assert ask(place=-1, lines=2)["text"] == "".join(POSTGRES.splitlines(keepends=True)[-2:])


def test_nothing_but_log_files_is_read(folder, tmp_path):
    (tmp_path / "secret").write_text("no")
    os.symlink(tmp_path / "secret", folder / "link")
    for name in ("../secret", "error/../../secret", "error/link", "error", str(tmp_path / "secret"), "error/none"):
        assert ask(name) == {"missing": True}, name


def test_what_was_shipped_is_not_shipped_again_and_what_was_refused_is(folder, told):
    told.takes = False
    logs.Logs().look(["postgresql"], lambda: None)
    assert told.events == []
    told.takes = True
    logs.Logs().look(["postgresql"], lambda: None)
    logs.Logs().look(["postgresql"], lambda: None)
    assert len(told.events) == 3
    with open(folder / "postgresql.log.2026-11-22-07", "a") as file:
        file.write("2026-11-22 07:00:09 UTC::@:[1]:LOG:  whole\n2026-11-22 07:00:10 UTC::@:[1]:LOG:  not yet")
    logs.Logs().look(["postgresql"], lambda: None)
    assert told.events[3:] == [(AT_ONE + 8000, "2026-11-22 07:00:09 UTC::@:[1]:LOG:  whole")]


def test_a_copied_volume_forgets_the_files_of_its_former_machine(folder, told):
    logs.Logs().look(["postgresql"], lambda: None)
    logs.forget()
    assert logs.listed() == []
    assert not os.path.exists(logs._STATE)


def test_files_that_are_turned_keep_their_content(folder):
    (folder / "mysql-error.log").write_text("before\n")
    logs.turn(("error/mysql-error.log", "general/mysql-general.log"))
    (name,) = (each["name"] for each in logs.listed() if "mysql" in each["name"])
    assert name.startswith("error/mysql-error.log.2")
    assert ask(name)["text"] == "before\n"

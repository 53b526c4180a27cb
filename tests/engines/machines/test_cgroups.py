from groundcloud.engines.machines.cgroups import Cgroups, hierarchies
from groundcloud.engines.machines.plan import Setting


def hierarchy(folder, *files):
    folder.mkdir(parents=True)
    for name in ("cgroup.procs", *files):
        (folder / name).write_text("0")
    return folder


def test_separate_hierarchies_are_told_from_links_and_other_folders(tmp_path):
    memory = hierarchy(tmp_path / "memory")
    unified = hierarchy(tmp_path / "unified")
    (tmp_path / "mem").symlink_to(memory)
    (tmp_path / "other").mkdir()
    assert hierarchies(tmp_path) == [memory, unified]
    assert not Cgroups("c1", tmp_path).unified


def test_a_machine_has_a_group_in_each_hierarchy_and_its_limits(tmp_path):
    hierarchy(tmp_path / "memory")
    hierarchy(tmp_path / "cpuset", "cpuset.cpus", "cpuset.mems")
    for name in ("cpuset.cpus", "cpuset.mems"):
        (tmp_path / "cpuset" / name).write_text("0-1")
        folder = tmp_path / "cpuset" / "groundcloud" / "c1" / "i-1"
        for each in (folder, folder.parent, folder.parent.parent):
            each.mkdir(parents=True, exist_ok=True)
            (each / name).touch()
    groups = Cgroups("c1", tmp_path)
    files = groups.create("i-1", [Setting("memory", "memory.limit_in_bytes", "100"), Setting("absent", "x", "1")])
    assert files == [tmp_path / name / "groundcloud/c1/i-1/cgroup.procs" for name in ("cpuset", "memory")]
    assert (tmp_path / "memory/groundcloud/c1/i-1/memory.limit_in_bytes").read_text() == "100"
    assert (tmp_path / "cpuset/groundcloud/c1/i-1/cpuset.cpus").read_text() == "0-1"
    assert groups.machines() == {"i-1"}


def test_the_unified_hierarchy_passes_its_controllers_on(tmp_path):
    hierarchy(tmp_path / "cg", "cgroup.controllers")
    groups = Cgroups("c1", tmp_path / "cg")
    assert groups.unified
    files = groups.create("i-1", [Setting("", "memory.max", "100")])
    assert files == [tmp_path / "cg/groundcloud/c1/i-1/cgroup.procs"]
    assert (tmp_path / "cg/groundcloud/c1/cgroup.subtree_control").read_text() == "+memory +cpu +pids"
    assert (tmp_path / "cg/groundcloud/c1/i-1/memory.max").read_text() == "100"

"""The machine engine of a cluster, put together for the privileged process."""

from pathlib import Path

from groundcloud.engines.machines.images import Images
from groundcloud.engines.machines.lxd.address import address_of
from groundcloud.engines.machines.lxd.machines import LxdMachines
from groundcloud.engines.machines.lxd.project import Project
from groundcloud.engines.machines.lxd.volumes import ClusterVolumes
from groundcloud.engines.machines.names import Folders


def machines_of_a_cluster(
    cluster: str, tag: str, folders: Folders, images: Images, services: Path
) -> tuple[LxdMachines, ClusterVolumes]:
    """Raises `MachineFailed` when the cluster does not answer."""
    project = Project(address_of(cluster), tag)
    project.prepare()
    volumes = ClusterVolumes(folders, images, project)
    return LxdMachines(folders, volumes, project, services), volumes

"""Volumes of machines of a cluster: a root volume, and what is made of it, is an instance of the cluster; data volumes
are files of this host, as they are without a cluster."""

from pathlib import Path

from groundcloud.engines.machines.images import Images
from groundcloud.engines.machines.lxd import plan
from groundcloud.engines.machines.lxd.images import Handover
from groundcloud.engines.machines.lxd.project import Project
from groundcloud.engines.machines.names import Folders, checked_id
from groundcloud.engines.machines.volumes import FileVolumes
from groundcloud.engines.machines.wanted import ImageProgress, MachineFailed, Seal


class ClusterVolumes(FileVolumes):
    """Volumes, snapshots and images of one installation."""

    def __init__(self, folders: Folders, images: Images, project: Project) -> None:
        super().__init__(folders, images)
        self._project = project
        self._handover = Handover(project.shared, folders.state / "templates")

    def create_root(self, volume: str, size: int, image: str, seal: Seal | None = None) -> None:
        if seal is not None:
            raise MachineFailed(f"{volume} cannot be encrypted: root volumes on a cluster are the cluster's")
        if self._project.find(checked_id(volume), plan.ROOT) is not None:
            return
        if self._project.find(checked_id(image), plan.IMAGE) is not None:
            self._project.copy(image, volume, plan.ROOT, size)
            return
        source = {"type": "image", "fingerprint": self._fingerprint(image)}
        self._project.create(volume, plan.ROOT, source, size)

    def create(self, volume: str, size: int, snapshot: str = "", seal: Seal | None = None) -> None:
        if snapshot and self._project.find(checked_id(snapshot), plan.SNAPSHOT) is not None:
            raise MachineFailed(f"{snapshot} is of a root volume, which on a cluster is made only of an image")
        super().create(volume, size, snapshot, seal)

    def grow(self, volume: str, size: int) -> None:
        found = self._project.find(checked_id(volume), plan.ROOT)
        if found is None:
            super().grow(volume, size)
            return
        if size < plan.size_of(found):
            raise MachineFailed(f"{volume} has {plan.size_of(found)} GiB and cannot shrink to {size}")
        devices = {**found["devices"], "root": plan.root_device(self._project.address.pool, size)}
        self._project.change(volume, {}, devices)

    def grow_file_system(self, volume: str) -> None:
        if self._project.find(checked_id(volume), plan.ROOT) is None:
            super().grow_file_system(volume)

    def delete(self, volume: str) -> None:
        found = self._project.find(checked_id(volume), plan.ROOT)
        if found is None:
            super().delete(volume)
            return
        if found["status"] == "Running":
            raise MachineFailed(f"{volume} is in use")
        self._project.delete(volume)

    def snapshot(self, volume: str, snapshot: str) -> None:
        found = self._project.find(checked_id(volume), plan.ROOT)
        if found is None:
            super().snapshot(volume, snapshot)
        elif self._project.find(checked_id(snapshot), plan.SNAPSHOT) is None:
            self._project.copy(volume, snapshot, plan.SNAPSHOT, plan.size_of(found))

    def delete_snapshot(self, snapshot: str) -> None:
        if self._project.find(checked_id(snapshot), plan.SNAPSHOT) is not None:
            self._project.delete(snapshot)
        super().delete_snapshot(snapshot)

    def image_from_snapshot(self, image: str, snapshot: str) -> None:
        found = self._project.find(checked_id(snapshot), plan.SNAPSHOT)
        if found is None:
            raise MachineFailed(f"{snapshot} is of no root volume")
        if self._project.find(checked_id(image), plan.IMAGE) is None:
            self._project.copy(snapshot, image, plan.IMAGE, plan.size_of(found))

    def delete_image(self, image: str) -> None:
        if self._project.find(checked_id(image), plan.IMAGE) is not None:
            self._project.delete(image)

    def images(self) -> set[str]:
        return super().images() | self._project.names(plan.IMAGE)

    def build_image(self, image: str) -> ImageProgress:
        built = super().build_image(image)
        if built.done < 1:
            return built
        try:
            self._fingerprint(image)
        except MachineFailed:
            if found := self._handover.under_way().get(image):
                return found
            raise
        return built

    def building(self) -> dict[str, ImageProgress]:
        return {**self._handover.under_way(), **super().building()}

    def _fingerprint(self, image: str) -> str:
        return self._handover.found(image, [self._layer(layer) for layer in self._images.image(image).layers])

    def _layer(self, layer: str) -> Path:
        found = self._folders.layer(layer)
        if not found.is_dir():
            raise MachineFailed(f"{layer} is not here any more")
        return found

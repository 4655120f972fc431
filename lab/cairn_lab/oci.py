"""Image archives without a registry: one layer, made from a folder, the same bytes every time."""

import hashlib
import json
import os
import platform
import tarfile
from io import BytesIO
from pathlib import Path

from .run import LabError

_MACHINES = {"x86_64": "amd64", "aarch64": "arm64"}
_MEDIA = "application/vnd.oci.image"


def write(archive, name, tree, *, entrypoint, environment=None):
    """Write an OCI layout archive (a tar) of one image.

    name: the full image name with its tag; archives carry it, so loading needs no more.
    tree: the folder that becomes the image's root file system; owners and modes are kept.
    entrypoint: argv. environment: variables.
    """
    layer = archive.with_name(archive.name + ".layer")
    diff_id = _write_layer(layer, tree)
    config = _json(
        {
            "architecture": _MACHINES[platform.machine()],
            "os": "linux",
            "config": {"Entrypoint": list(entrypoint), **_variables(environment)},
            "rootfs": {"type": "layers", "diff_ids": [diff_id]},
        }
    )
    manifest = _json(
        {
            "schemaVersion": 2,
            "mediaType": f"{_MEDIA}.manifest.v1+json",
            "config": _descriptor("config.v1+json", config),
            "layers": [
                {
                    "mediaType": f"{_MEDIA}.layer.v1.tar",
                    "digest": diff_id,
                    "size": layer.stat().st_size,
                }
            ],
        }
    )
    named = _descriptor("manifest.v1+json", manifest)
    named["annotations"] = {
        "io.containerd.image.name": name,
        "org.opencontainers.image.ref.name": name.rpartition(":")[2],
    }
    index = _json({"schemaVersion": 2, "manifests": [named]})
    with tarfile.open(archive, "w", format=tarfile.GNU_FORMAT) as out:
        _add(out, "oci-layout", _json({"imageLayoutVersion": "1.0.0"}))
        _add(out, "index.json", index)
        for blob in (config, manifest):
            _add(out, _blob(_digest(blob)), blob)
        with layer.open("rb") as content:
            entry = _entry(_blob(diff_id))
            entry.size = layer.stat().st_size
            out.addfile(entry, content)
    layer.unlink()


def names(archive):
    """The image names an archive carries, of either kind: OCI layout, or what `docker save` writes."""
    try:
        with tarfile.open(archive) as tar:
            members = {m.name.removeprefix("./"): m for m in tar if m.name.endswith(".json")}
            if "manifest.json" in members:
                images = json.load(tar.extractfile(members["manifest.json"]))
                return [tag for image in images for tag in image.get("RepoTags") or []]
            index = json.load(tar.extractfile(members["index.json"]))
    except (tarfile.TarError, KeyError, ValueError) as error:
        raise LabError(f"{archive}: no image archive ({error}); give what `docker save` or "
                       "`skopeo copy ... oci-archive:` writes") from error
    notes = [manifest.get("annotations", {}) for manifest in index["manifests"]]
    return [name for note in notes if (name := _annotated(note))]


def _annotated(note):
    return note.get("io.containerd.image.name") or note.get("org.opencontainers.image.ref.name")


def _variables(environment):
    return {"Env": [f"{name}={value}" for name, value in environment.items()]} if environment else {}


def _write_layer(path, tree):
    """Write the layer's tar and return its digest."""
    with tarfile.open(path, "w", format=tarfile.GNU_FORMAT) as tar:
        for name in sorted(str(p.relative_to(tree)) for p in Path(tree).rglob("*")):
            entry = tar.gettarinfo(os.path.join(tree, name), name)
            if entry is None:
                continue
            entry.mtime = 0
            entry.uname = entry.gname = ""
            if entry.isreg():
                with open(os.path.join(tree, name), "rb") as content:
                    tar.addfile(entry, content)
            else:
                tar.addfile(entry)
    with path.open("rb") as file:
        return "sha256:" + hashlib.file_digest(file, "sha256").hexdigest()


def _descriptor(media, blob):
    return {"mediaType": f"{_MEDIA}.{media}", "digest": _digest(blob), "size": len(blob)}


def _digest(blob):
    return "sha256:" + hashlib.sha256(blob).hexdigest()


def _blob(digest):
    return "blobs/" + digest.replace(":", "/")


def _json(value):
    return json.dumps(value, sort_keys=True).encode()


def _entry(name):
    entry = tarfile.TarInfo(name)
    entry.mode = 0o644
    return entry


def _add(tar, name, blob):
    entry = _entry(name)
    entry.size = len(blob)
    tar.addfile(entry, BytesIO(blob))

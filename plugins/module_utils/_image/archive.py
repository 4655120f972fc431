# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""What an image archive holds, read from its index without unpacking it.

Two layouts are known: the OCI image layout (``oci-layout``, ``index.json``; OCI image specification, "image-layout")
and the older ``manifest.json`` that ``docker save`` and ``skopeo copy docker-archive:`` write.
"""

from __future__ import annotations

import json
import re
import tarfile
from dataclasses import dataclass
from typing import Mapping

from .._core.errors import InvalidRequest, NotFound

_NAME = "io.containerd.image.name"
_DIGEST = re.compile(r"[0-9a-f]{64}")
#: An index is a few kilobytes; more is not one.
_MAX_INDEX = 4 * 1024**2


@dataclass(frozen=True)
class Archive:
    """An archive on this host and the images in it: ``{reference: digest}``.

    ``by_config`` tells what the digests are of: the image's configuration (docker layout) or its manifest (OCI layout).
    """

    path: str
    images: Mapping[str, str]
    by_config: bool = False


def read_archive(path: str, parameter: str) -> Archive:
    """The images in the archive at ``path``; ``NotFound`` or ``InvalidRequest`` name ``parameter``."""
    try:
        with tarfile.open(path, "r:") as tar:
            files = {member.name: _json(tar, member) for member in tar
                     if member.name in ("oci-layout", "index.json", "manifest.json") and member.size <= _MAX_INDEX}
    except FileNotFoundError:
        raise NotFound(f"there is no image archive at {path}.", code="archive-missing", parameter=parameter,
                       fix="copy it to the node first, or correct the path.") from None
    except (tarfile.TarError, OSError, ValueError) as error:
        raise InvalidRequest(f"{path} cannot be read as an image archive.", code="archive-unreadable", parameter=parameter, found=str(error),
                             fix="give an uncompressed tar archive as docker save or skopeo write it.") from None
    try:
        if "oci-layout" in files and "index.json" in files:
            named = [(entry["annotations"].get(_NAME), entry["digest"]) for entry in files["index.json"]["manifests"] if entry.get("annotations")]
            images = {name: digest for name, digest in named if name}
            by_config = False
        else:
            images = {tag: _config_digest(entry["Config"]) for entry in files.get("manifest.json", []) for tag in entry.get("RepoTags") or []}
            by_config = True
    except (KeyError, TypeError, AttributeError) as error:
        raise InvalidRequest(f"the index of {path} is not one of an image archive.", code="archive-index", parameter=parameter, found=repr(error),
                             fix="write the archive again with docker save or skopeo.") from None
    if not images:
        raise InvalidRequest(f"{path} names no image.", code="archive-unnamed", parameter=parameter,
                             fix="save the image by its full name, for example docker save NAME:TAG, or skopeo copy ... docker-archive:FILE:NAME:TAG.")
    return Archive(path, images, by_config)


def _json(tar: tarfile.TarFile, member: tarfile.TarInfo) -> object:
    stream = tar.extractfile(member)
    return json.load(stream) if stream else None


def _config_digest(name: str) -> str:
    """``sha256:...`` of a configuration's file name: ``HEX.json`` or ``blobs/sha256/HEX``."""
    match = _DIGEST.search(name)
    if not match:
        raise KeyError(name)
    return f"sha256:{match[0]}"

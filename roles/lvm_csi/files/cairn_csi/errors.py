# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Refusals that only CSI has."""

from __future__ import annotations

from .collection import Busy, CairnError


class OutOfRange(CairnError):
    """A size that the volume cannot have."""

    kind = "out_of_range"
    grpc = "OUT_OF_RANGE"


class Unfinished(Busy):
    """What is refused only until a job of this driver has ended: ``job`` is the job's key, so that the call can wait for it."""

    def __init__(self, message: str, *, job: object, **told: str) -> None:
        super().__init__(message, **told)
        self.job = str(job)


class BadToken(CairnError):
    """A token that no list of ours gave out."""

    kind = "bad_token"
    grpc = "ABORTED"

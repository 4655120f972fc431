# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Whether a portal takes connections."""

from __future__ import annotations

import socket

from ..names import Portal

#: Seconds in which a portal has to take a connection.
PATIENCE = 5


def no_answer(portal: Portal) -> str:
    """Why a portal takes no connection, empty if it does."""
    try:
        socket.create_connection((portal.address, portal.port), PATIENCE).close()
    except OSError as error:
        return error.strerror or f"no answer within {PATIENCE} s"
    return ""

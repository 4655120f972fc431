"""The driver on a node, for the tests of a module; each leaves it without volumes."""

from csi_fixtures import _here, _nothing_left  # noqa: F401  pylint: disable=unused-import

"""What CSI drivers are built from and tested with: the specification's messages for Python, and csi-sanity."""

import shutil

from . import debian, gobuild
from .cache import product
from .config import REPO
from .progress import step
from .run import run

_SPEC = REPO / "lab/csi-spec"
_SANITY = REPO / "lab/csi-sanity"


def sanity():
    """Path of the csi-sanity program."""
    package = "github.com/kubernetes-csi/csi-test/v5/cmd/csi-sanity"
    return gobuild.program("csi-sanity", _SANITY, package=package, expected=90)


def stubs():
    """Path of a cached folder with csi_pb2.py and csi_pb2_grpc.py.

    Made by the gRPC tools of the Debian that the nodes run: a newer compiler's
    output asks for a newer library than that.
    """
    proto = gobuild.sources(_SPEC, "github.com/container-storage-interface/spec") / "csi.proto"
    tools = debian.unpacked(["base-files", "python3-grpc-tools", "python3-minimal"])

    def make(out):
        with step("CSI messages for Python", 5):
            root = out.with_name(out.name + ".root")
            shutil.rmtree(root, ignore_errors=True)
            run(["cp", "-a", "--link", tools, root])
            try:
                (root / "csi").mkdir()
                shutil.copy(proto, root / "csi")
                compiler = ["python3", "-m", "grpc_tools.protoc", "--proto_path=/csi"]
                run(["chroot", root, *compiler, "--python_out=/csi", "--grpc_python_out=/csi", "csi.proto"])
                (root / "csi/csi.proto").unlink()
                shutil.move(root / "csi", out)
            finally:
                shutil.rmtree(root, ignore_errors=True)

    return product("csi-stubs", [proto, tools.name], make)

"""Makes what the tests of this folder are made of while there is a network: inside a lab there is none."""

from csi_node import csi

if __name__ == "__main__":
    csi.stubs()
    csi.sanity()

module cairn.storage/lab/csi-spec

go 1.25.0

require github.com/container-storage-interface/spec v1.12.0

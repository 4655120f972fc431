// Where the CustomResourceDefinitions of snapshots come from: client/config/crd of kubernetes-csi/external-snapshotter.
module cairn.storage/lab/snapshot-crds

go 1.25.0

require github.com/kubernetes-csi/external-snapshotter/client/v8 v8.4.0

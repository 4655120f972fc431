module cairn.storage/lab/images/pause

go 1.25.0

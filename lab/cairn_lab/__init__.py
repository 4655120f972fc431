"""The embedded lab: user-mode-Linux nodes and a real Kubernetes in one network namespace."""

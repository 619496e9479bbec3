"""A bad network on this computer: two namespaces joined by an emulated link."""

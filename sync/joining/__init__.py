"""How a node becomes part of the tree: keys, one code, and certificates that are pinned for good."""

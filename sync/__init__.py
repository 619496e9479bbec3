"""The journal: facts that outlive everything, and their way up and down the tree."""

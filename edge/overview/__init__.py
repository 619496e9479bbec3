"""How the node is, told to those who look after it: a monitor, a technician, the hub."""

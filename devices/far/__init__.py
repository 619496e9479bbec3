"""The far ends of the drivers: simulated instruments that speak each driver's own protocol (core)."""

"""What technicians, hub staff and, until there is a screen, teachers type about the journal."""

"""`tirek doctor`: what is true of this computer, gathered first, and then judged without looking again."""

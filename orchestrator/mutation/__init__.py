"""Wrong repairs by machine: mutants of the accepted ones, each played like a shortcut (mutation testing)."""

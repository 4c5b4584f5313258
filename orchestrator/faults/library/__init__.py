"""The faults that come with the program, by topic."""

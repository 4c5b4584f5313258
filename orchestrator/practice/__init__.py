"""Practice: what trainees try and solve, alone and in groups."""

"""What every part of the program may import: errors, texts, language, paths, waiting, progress, interrupts.

Nothing here knows labs, content or Docker. The fabric's helper alone does without it.
"""

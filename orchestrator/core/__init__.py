"""What every part of the program may know: errors, texts, paths, waiting, progress."""

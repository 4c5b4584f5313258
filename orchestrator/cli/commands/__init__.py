"""One module per command or two; each is imported when its command is called."""

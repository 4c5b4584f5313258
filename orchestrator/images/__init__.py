"""Container images: built from their folders where they are missing, moved between machines, cleared away."""

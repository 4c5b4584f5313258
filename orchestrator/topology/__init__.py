"""A lab's network as a picture."""

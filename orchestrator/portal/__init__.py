"""The portal: Breakfix's pages for people who have a browser and nothing else; all that it knows, labd tells it."""

"""From content folders to the frozen model: read, validate, cross-check, and tell every problem at once."""

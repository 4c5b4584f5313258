"""Templates of content: sandboxed, bounded, and told in words when they are wrong."""

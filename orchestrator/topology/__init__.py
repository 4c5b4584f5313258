"""A lab's network as a picture: ``layout`` places it; ``text_picture`` and ``svg_picture`` draw it."""

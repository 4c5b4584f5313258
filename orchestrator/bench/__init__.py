"""The measurement for somebody who sizes a classroom: starts of images and labs, verdicts, memory, the portal."""

"""The measurement for somebody who sizes a classroom: how long images and labs take to be ready, and their memory."""

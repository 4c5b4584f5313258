"""Serving labs in the browser: settings, certificate, the processes, installation, backup."""

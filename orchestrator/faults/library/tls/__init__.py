"""Faults of certificates: a TLS server's, or a VPN's."""

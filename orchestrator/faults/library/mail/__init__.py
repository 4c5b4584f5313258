"""Faults of mail servers (Postfix, Dovecot)."""

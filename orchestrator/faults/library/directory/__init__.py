"""Faults of directories: OpenLDAP, Samba Active Directory and its replication."""

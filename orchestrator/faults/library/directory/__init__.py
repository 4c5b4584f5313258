"""Faults of directories: OpenLDAP and Samba Active Directory."""

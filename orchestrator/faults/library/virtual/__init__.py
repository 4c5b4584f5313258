"""Faults of a hypervisor: guests, their definitions, disks and networks (libvirt)."""

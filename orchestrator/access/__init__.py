"""Acting on a running lab as a technician would: commands, files, cables, devices, reboots."""

"""The lab network and all access to hosts, through one small privileged helper container."""

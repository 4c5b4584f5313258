"""testinfra's modules over what the fabric sees of a host from outside: none of the host's own programs is run.

Their names and answers are testinfra's (pytest-testinfra 10.2.2), so that a check reads the same. What has no other way
still runs in the host, and the evidence says so: ``systemd-analyze verify`` (``Service.is_valid``), users and groups
that are in no file of the host (a directory's), columns of ps(1) that we do not know.
"""

from grader.testinfra_modules.file import File
from grader.testinfra_modules.interface import Interface
from grader.testinfra_modules.package import Package
from grader.testinfra_modules.process import Process
from grader.testinfra_modules.service import Service
from grader.testinfra_modules.socket import Socket
from grader.testinfra_modules.user import Group, User

__all__ = ["File", "Group", "Interface", "Package", "Process", "Service", "Socket", "User"]

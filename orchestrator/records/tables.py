"""Every table of the store: whoever adds models to it names their module here, for migrations see what is listed."""

from __future__ import annotations

from orchestrator.records.models import Base

METADATA = Base.metadata

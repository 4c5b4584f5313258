"""Every table of the store: whoever adds models to it names their module here, for migrations see what is listed."""

from __future__ import annotations

from orchestrator.records import account_models, models, privacy_models

MODULES = (models, account_models, privacy_models)
"""The modules with tables; a table is known once its module was imported."""
METADATA = models.Base.metadata

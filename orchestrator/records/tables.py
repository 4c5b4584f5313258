"""Every table of the store: whoever adds models to it names their module here, for migrations see what is listed."""

from __future__ import annotations

from orchestrator.records import account_models, class_limits, models, privacy_models, trainer_notes

MODULES = (models, account_models, class_limits, privacy_models, trainer_notes)
"""The modules with tables; a table is known once its module was imported."""
METADATA = models.Base.metadata

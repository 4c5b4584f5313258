"""Writing content: ``creation`` makes new content of ``templates``, ``trial`` tries a scenario while it is written."""

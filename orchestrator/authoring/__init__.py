"""What a trainer writes with: ``creation`` makes new content of ``templates``, ``trial`` tries a scenario while it is written."""

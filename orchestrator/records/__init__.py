"""The store: people, groups, attempts, reports, and the journal that a result rests on; in SQLite or PostgreSQL."""

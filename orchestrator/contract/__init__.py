"""The content contract as files for people and editors: JSON Schemas, and the reference of every key."""

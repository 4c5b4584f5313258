"""The frozen domain model: what a referential, a lab, a scenario, a variant and a plan are."""

"""Proving a scenario: every check red exactly when it should be, and green exactly when it should be.

``runner`` runs the stages on real hosts, ``judging`` says what is wrong with them, ``verdicts`` words it, ``store``
keeps the result with what it is bound to, ``page`` draws it.
"""

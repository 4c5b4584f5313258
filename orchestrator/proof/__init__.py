"""Proving a scenario: every check red exactly when it should be, and green exactly when it should be.

``jobs`` plays the stages of a variant on real hosts, ``prover`` runs the jobs of several proofs side by side,
``judging`` says what is wrong with a stage, ``check_verdicts``, ``repair_verdicts`` and ``lab_verdicts`` word it,
``proof_store`` keeps the result with what it is bound to, ``ledger`` records it beside the content, ``proof_status``
says what is proven as it is now, ``page`` draws it.
"""

"""In which order the jobs of several proofs begin."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from orchestrator.proof.prover import in_turns


@pytest.mark.parametrize(
    ("sizes", "order"),
    [
        ([], []),
        ([5], [0]),
        ([5, 5, 5], [0, 1, 2]),
        ([5, 5, 10, 10], [2, 0, 3, 1]),
        ([10, 5, 5, 5, 5, 10], [0, 1, 5, 2, 3, 4]),
        ([4, 10, 6, 7, 4], [1, 0, 3, 2, 4]),
    ],
)
def test_large_and_small_labs_begin_by_turns_each_in_their_order(sizes: Sequence[int], order: Sequence[int]) -> None:
    assert list(in_turns(sizes)) == order

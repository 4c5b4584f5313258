from __future__ import annotations

from orchestrator.engine.engine_interface import ContainerSpec
from tests.fakes.engine import FakeEngine
from orchestrator.images.builder import ImageBuilder
from orchestrator.images.catalogue import Catalogue
from orchestrator.images.prune import prune

OURS = {"breakfix.kind": "image"}


def test_current_images_and_those_of_others_stay(
    builder: ImageBuilder, engine: FakeEngine, catalogue: Catalogue
) -> None:
    builder.build(catalogue.names)
    engine.add_image("nginx:latest")
    result = prune(engine, catalogue)
    assert (result.removed, result.in_use, result.freed) == ((), (), 0)
    assert all(engine.has_image(tag) for tag in ("nginx:latest", *catalogue.tags.values()))


def test_outdated_images_go(engine: FakeEngine, catalogue: Catalogue) -> None:
    engine.add_image("breakfix/host:000000000000", OURS, size=1000)
    result = prune(engine, catalogue)
    assert result.removed == ("breakfix/host:000000000000",)
    assert result.freed == 1000
    assert not engine.has_image("breakfix/host:000000000000")


def test_one_in_use_stays(engine: FakeEngine, catalogue: Catalogue) -> None:
    engine.add_image("breakfix/host:000000000000", OURS)
    engine.create(ContainerSpec(name="pc1", image="breakfix/host:000000000000", labels={}))
    result = prune(engine, catalogue)
    assert result.in_use == ("breakfix/host:000000000000",)
    assert result.removed == ()


def test_what_replaced_tags_left_goes(engine: FakeEngine, catalogue: Catalogue) -> None:
    for _ in range(2):
        engine.add_image(catalogue.tag("base"), OURS, size=10)
    result = prune(engine, catalogue)
    assert result.freed == 10
    assert engine.has_image(catalogue.tag("base"))

import re
from statistics import fmean, pstdev

from evaluations.demo.randomness import normal, opaque_id, pick, stream, whole


def test_streams_of_equal_parts_are_equal_and_of_others_differ() -> None:
    def draws(*parts: object) -> list[float]:
        rng = stream(*parts)
        return [rng.random() for _ in range(5)]

    assert draws(1, "a", "b") == draws(1, "a", "b")
    assert draws(1, "a", "b") != draws(1, "ab", "")
    assert draws(1, "a") != draws(2, "a")


def test_opaque_id_is_short_ascii_and_depends_on_every_part() -> None:
    ids = {opaque_id("est", seed, school, number) for seed in (1, 2) for school in "ab" for number in range(50)}
    assert len(ids) == 200
    assert all(re.fullmatch(r"est-[a-z2-7]{12}", one) for one in ids)
    assert opaque_id("est", 1, "a", 0) in ids


def test_normal_is_bell_shaped() -> None:
    rng = stream("bell")
    draws = [normal(rng) for _ in range(20_000)]
    assert abs(fmean(draws)) < 0.03
    assert abs(pstdev(draws) - 1) < 0.03
    assert 0.63 < sum(abs(draw) < 1 for draw in draws) / len(draws) < 0.70


def test_pick_and_whole_reach_every_item_and_nothing_else() -> None:
    rng = stream("all")
    assert {whole(rng, 7) for _ in range(500)} == set(range(7))
    assert {pick(rng, "abc") for _ in range(100)} == set("abc")

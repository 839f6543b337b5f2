"""What teachers of the demo write to families, beside a few of the scores."""

from collections.abc import Mapping, Sequence
from random import Random

from evaluations.demo.randomness import pick
from evaluations.domain.evaluation import ScoreState

_SHARE = 0.03
_REMARKS: Mapping[ScoreState, Sequence[str]] = {
    ScoreState.RECORDED: (
        "Buen trabajo, se nota el estudio.",
        "Conviene mostrar el desarrollo de cada paso.",
        "Revisemos juntos los errores en la próxima clase.",
        "Mejoró mucho desde la evaluación anterior.",
    ),
    ScoreState.ABSENT: ("Rinde la evaluación pendiente a su regreso.",),
    ScoreState.EXEMPT: ("Eximido por certificado médico.",),
    ScoreState.MISSING: ("Falta entregar el trabajo; todavía puede hacerlo.",),
}


def draw_remark(rng: Random, state: ScoreState) -> str | None:
    """Return a line for the family, seldom."""
    return pick(rng, _REMARKS[state]) if rng.random() < _SHARE else None

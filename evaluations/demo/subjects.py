"""What is taught: subjects, from which grade level to which, and what their evaluations are about."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Subject:
    """A subject; ``code`` starts its courses' ids, ``levels`` are the grade levels that have it."""

    code: str
    name: str
    levels: range
    topics: tuple[str, ...]


_ALL = range(1, 12)
_PRIMARY = range(1, 7)
_SECONDARY = range(7, 12)

SUBJECTS = (
    Subject("mat", "Matemática", _ALL, ("Fracciones", "Geometría", "Proporciones", "Ecuaciones", "Estadística")),
    Subject(
        "len", "Lengua y Literatura", _ALL, ("Comprensión lectora", "Ortografía", "El cuento", "Poesía", "Redacción")
    ),
    Subject("nat", "Ciencias Naturales", _PRIMARY, ("Los seres vivos", "El agua", "La energía", "El cuerpo humano")),
    Subject("bio", "Biología", _SECONDARY, ("La célula", "Ecosistemas", "Genética", "Evolución")),
    Subject("fis", "Física y Química", _SECONDARY, ("Cinemática", "La materia", "Fuerzas", "Reacciones químicas")),
    Subject(
        "soc",
        "Ciencias Sociales",
        _ALL,
        ("La independencia", "Mapas y territorio", "Ciudadanía", "Pueblos originarios"),
    ),
    Subject("ing", "Inglés", _ALL, ("My family", "Daily routines", "Past tense", "Travel", "Reading")),
    Subject("edf", "Educación Física", _ALL, ("Resistencia", "Juegos en equipo", "Coordinación", "Atletismo")),
)


def subjects_of(grade_level: int) -> tuple[Subject, ...]:
    """Return the subjects a grade level has, in order."""
    return tuple(subject for subject in SUBJECTS if grade_level in subject.levels)

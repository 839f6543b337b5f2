"""The fifty demo schools, in order: fewer schools are always the first ones, whatever the seed.

Some ids look alike on purpose (``escuela-1`` and ``escuela-10``; one that is another's beginning; the shortest and the
longest allowed): a test that mixes schools up by prefix or pattern fails on them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from types import MappingProxyType

from evaluations.demo.calendars import (
    CHILE,
    COLOMBIA_A,
    ECUADOR_COSTA,
    ECUADOR_SIERRA,
    MEXICO,
    PERU,
    SOUTHERN_TRIMESTERS,
    Calendar,
)
from evaluations.domain.evaluation import EvaluationKind
from evaluations.domain.grading_policy import AbsentRule, Category, GradingPolicy
from evaluations.domain.scales import STANDARD_SCALES, GradingScale


@dataclass(frozen=True, slots=True)
class Profile:
    """What the schools of one country (or kind of school there) share; ``subjects`` renames some subjects."""

    country: str
    locale: str
    scale: GradingScale
    calendar: Calendar
    subjects: Mapping[str, str]
    policy: GradingPolicy | None = None


@dataclass(frozen=True, slots=True)
class CatalogueSchool:
    """One demo school."""

    school_id: str
    name: str
    profile: Profile
    time_zone: str


def _profile(country: str, scale_id: str, calendar: Calendar, **subjects: str) -> Profile:
    words = MappingProxyType(subjects)
    return Profile(country, f"es-{country}", STANDARD_SCALES[scale_id], calendar, words)


def _late_costs(profile: Profile, penalty: str) -> Profile:
    """The profile of schools that take points off late work."""
    return replace(profile, scale=replace(profile.scale, late_penalty=Decimal(penalty)))


# Quizzes, of which the lowest is dropped, count 20 together, however many there are; voluntary work adds half a point.
_BY_CATEGORIES = GradingPolicy(
    categories=(
        Category(kind=EvaluationKind.EXAM, weight=Decimal(35)),
        Category(kind=EvaluationKind.PROJECT, weight=Decimal(20)),
        Category(kind=EvaluationKind.QUIZ, weight=Decimal(20), drop_lowest=1),
        Category(kind=EvaluationKind.HOMEWORK, weight=Decimal(10)),
        Category(kind=EvaluationKind.ORAL, weight=Decimal(10)),
        Category(kind=EvaluationKind.PARTICIPATION, weight=Decimal(5)),
    ),
    extra_credit_bound=Decimal("0.5"),
)
_ABSENT_FAILS = GradingPolicy(absent=AbsentRule.MINIMUM)

_PROFILES = {
    "ar": _profile("AR", "1-10", SOUTHERN_TRIMESTERS, len="Prácticas del Lenguaje"),
    "cl": _late_costs(
        _profile("CL", "1-7", CHILE, len="Lenguaje y Comunicación", soc="Historia y Geografía"), penalty="0.5"
    ),
    "co": _profile("CO", "1-5", COLOMBIA_A, mat="Matemáticas", len="Lengua Castellana"),
    "co-words": _profile("CO", "superior-bajo", COLOMBIA_A, mat="Matemáticas", len="Lengua Castellana"),
    "ec-costa": _profile("EC", "0-10", ECUADOR_COSTA, soc="Estudios Sociales"),
    "ec-sierra": _profile("EC", "0-10", ECUADOR_SIERRA, soc="Estudios Sociales"),
    "mx": _profile("MX", "5-10", MEXICO, mat="Matemáticas", len="Español", soc="Historia"),
    "mx-100": _profile("MX", "0-100", MEXICO, mat="Matemáticas", len="Español", soc="Historia"),
    "mx-letters": _profile("MX", "a-f", MEXICO, mat="Matemáticas", len="Español", soc="Historia"),
    "pe": _profile("PE", "0-20", PERU, len="Comunicación", nat="Ciencia y Tecnología"),
    "pe-letters": _profile("PE", "ad-c", PERU, len="Comunicación", nat="Ciencia y Tecnología"),
}

_PROFILES |= {
    "cl-categories": replace(_PROFILES["cl"], policy=_BY_CATEGORIES),
    "pe-absent-fails": replace(_PROFILES["pe"], policy=_ABSENT_FAILS),
}
ADMINISTRATORS_GRADE = frozenset({"liceo-gabriela-mistral-02", "colegio-ricardo-palma-03"})
"""The schools whose rules let an administrator grade for an absent teacher."""

_ROWS = """
colegio-san-martin-01 | Colegio San Martín | ar | America/Argentina/Buenos_Aires
liceo-gabriela-mistral-02 | Liceo Gabriela Mistral | cl-categories | America/Santiago
escuela-1 | Escuela N.º 1 Domingo Sarmiento | ar | America/Argentina/Cordoba
escuela-10 | Escuela N.º 10 Juana Azurduy | ar | America/Argentina/Salta
colegio-ricardo-palma-03 | Colegio Ricardo Palma | pe-absent-fails | America/Lima
primaria-benito-juarez-04 | Escuela Primaria Benito Juárez | mx | America/Mexico_City
colegio-simon-bolivar-05 | Colegio Simón Bolívar | co | America/Bogota
unidad-educativa-pichincha-06 | Unidad Educativa Pichincha | ec-sierra | America/Guayaquil
escuela-11 | Escuela N.º 11 Manuel Belgrano | ar | America/Argentina/Mendoza
escuela-1-0 | Escuela N.º 1 Anexo | ar | America/Argentina/Cordoba
e1 | Escuela E-1 de Punta Arenas | cl | America/Punta_Arenas
unidad-educativa-simon-bolivar1 | Unidad Educativa Simón Bolívar N.º 1 | ec-costa | America/Guayaquil
unidad-educativa-simon-bolivar | Unidad Educativa Simón Bolívar | ec-costa | America/Guayaquil
colegio-san-martin | Colegio San Martín de Porres | pe-letters | America/Lima
colegio-san-martin-010 | Colegio San Martín Norte | ar | America/Argentina/Tucuman
primaria-ninos-heroes-07 | Escuela Primaria Niños Héroes | mx-100 | America/Tijuana
instituto-frida-kahlo-08 | Instituto Bilingüe Frida Kahlo | mx-letters | America/Cancun
unidad-educativa-darwin-09 | Unidad Educativa Charles Darwin | ec-costa | Pacific/Galapagos
liceo-pablo-neruda-11 | Liceo Pablo Neruda | cl | America/Santiago
colegio-antonio-narino-12 | Colegio Antonio Nariño | co | America/Bogota
institucion-la-esperanza-13 | Institución Educativa La Esperanza | pe | America/Lima
institucion-tupac-amaru-14 | Institución Educativa Túpac Amaru | pe-letters | America/Lima
secundaria-sor-juana-15 | Escuela Secundaria Sor Juana Inés | mx-100 | America/Mexico_City
secundaria-jose-vasconcelos-16 | Escuela Secundaria José Vasconcelos | mx | America/Monterrey
escuela-rosario-vera-17 | Escuela Rosario Vera Peñaloza | ar | America/Argentina/La_Rioja
escuela-mariano-moreno-18 | Escuela Mariano Moreno | ar | America/Argentina/Buenos_Aires
liceo-violeta-parra-19 | Liceo Violeta Parra | cl | America/Santiago
escuela-rapa-nui-20 | Escuela Hotu Matu'a | cl | Pacific/Easter
colegio-policarpa-21 | Colegio Policarpa Salavarrieta | co | America/Bogota
colegio-garcia-marquez-22 | Colegio Gabriel García Márquez | co | America/Bogota
colegio-francisco-caldas-23 | Colegio Francisco José de Caldas | co | America/Bogota
unidad-educativa-montalvo-24 | Unidad Educativa Juan Montalvo | ec-sierra | America/Guayaquil
unidad-educativa-espejo-25 | Unidad Educativa Eugenio Espejo | ec-sierra | America/Guayaquil
unidad-educativa-olmedo-26 | Unidad Educativa José Joaquín de Olmedo | ec-costa | America/Guayaquil
unidad-educativa-alfaro-27 | Unidad Educativa Eloy Alfaro | ec-costa | America/Guayaquil
institucion-micaela-bastidas-28 | Institución Educativa Micaela Bastidas | pe | America/Lima
institucion-cesar-vallejo-29 | Institución Educativa César Vallejo | pe | America/Lima
institucion-jose-olaya-30 | Institución Educativa José Olaya | pe-letters | America/Lima
primaria-lazaro-cardenas-31 | Escuela Primaria Lázaro Cárdenas | mx | America/Mexico_City
primaria-josefa-ortiz-32 | Escuela Primaria Josefa Ortiz | mx | America/Merida
primaria-emiliano-zapata-33 | Escuela Primaria Emiliano Zapata | mx-100 | America/Hermosillo
instituto-octavio-paz-34 | Instituto Bilingüe Octavio Paz | mx-letters | America/Mexico_City
escuela-alfonsina-storni-35 | Escuela Alfonsina Storni | ar | America/Argentina/Buenos_Aires
escuela-islas-malvinas-36 | Escuela Islas Malvinas | ar | America/Argentina/Ushuaia
liceo-bernardo-ohiggins-37 | Liceo Bernardo O'Higgins | cl | America/Santiago
liceo-manuel-rodriguez-38 | Liceo Manuel Rodríguez | cl | America/Santiago
escuela-los-nogales-39 | Escuela Los Nogales | cl | America/Santiago
colegio-rafael-pombo-40 | Colegio Rafael Pombo | co | America/Bogota
colegio-jorge-isaacs-41 | Colegio Jorge Isaacs | co-words | America/Bogota
colegio-maria-parado-42 | Colegio María Parado de Bellido | pe | America/Lima
"""


def _read_rows() -> tuple[CatalogueSchool, ...]:
    schools = []
    for row in _ROWS.strip().splitlines():
        school_id, name, profile, time_zone = row.split(" | ")
        schools.append(CatalogueSchool(school_id, name, _PROFILES[profile], time_zone))
    return tuple(schools)


CATALOGUE = _read_rows()

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from django.utils import translation

from evaluations.api import card_pdf
from tests.unit.evaluations.api.cards import card, course, grade, partial
from tests.unit.evaluations.api.pdf_reader import text_of


def rendered(*args: object, language: str = "es", **kwargs: object) -> str:
    with translation.override(language):
        return text_of(card_pdf.render(card(*args, **kwargs), compress=False))  # type: ignore[arg-type]


def test_card_says_whose_it_is_in_spanish_with_accents() -> None:
    text = rendered(course("Matemática", grade("6.5")), course("Educación física", grade("3.9", passing=False)))
    for shown in (
        "Colegio San José de Ñuñoa",
        "Libreta de notas",
        "Estudiante: Muñoz Ibáñez, Íñigo Joaquín",
        "Periodo: 1º trimestre 2026",
        "Matemática",
        "Educación física",
        "\n6,5\n",
        "\n3,9\n",
        "Aprueba",
        "No aprueba",
        "Promedio general",
        "Notas al 04/05/2026 08:30.",
        "Firma y sello del colegio",
        "Página 1 de 1",
    ):
        assert shown in text, shown


def test_card_in_english() -> None:
    text = rendered(course("Arte", grade("6.5")), language="en")
    assert "Report card" in text
    assert "Page 1 of 1" in text
    assert "\n6.5\n" in text
    assert "Grades as of 2026-05-04 08:30." in text


def test_numbers_as_the_schools_country_writes_them() -> None:
    assert "\n6.5\n" in rendered(course("Arte", grade("6.5")), country="MX")
    assert "\n6,5\n" in rendered(course("Arte", grade("6.5")), country="AR")


def test_long_card_repeats_its_head_and_numbers_its_pages() -> None:
    text = rendered(*(course(f"Taller número {n}", grade("6.0")) for n in range(70)))
    pages = int(re.findall(r"Página 1 de (\d+)", text)[0])
    assert pages > 1
    assert [f"Página {n} de {pages}" in text for n in range(1, pages + 1)] == [True] * pages
    assert text.count("Asignatura") > 1
    assert text.count("Firma y sello del colegio") == 1


def test_incomplete_and_missing_grades_are_marked() -> None:
    text = rendered(course("Arte", grade("6.5", complete=False)), course("Música", None))
    assert "6,5 *" in text
    assert "* Incompleta: quedan evaluaciones sin calificar." in text
    assert "\n-\n" in text


@pytest.mark.parametrize("passing", [True, False])
def test_no_verdict_and_nothing_to_sign_while_something_is_to_be_graded(*, passing: bool) -> None:
    unfinished = grade("6.5", complete=False, passing=passing)
    text = rendered(course("Arte", unfinished), course("Música", grade("6.0"), year=None), averages=unfinished)
    assert text.count("En curso") == 2
    assert text.count("Aprueba") == 1  # the other course's
    assert "No aprueba" not in text
    assert "Documento provisorio" in text
    assert "Firma" not in text
    assert "In progress" in rendered(course("Arte", unfinished), language="en")


def test_year_without_all_its_terms_has_no_verdict() -> None:
    unfinished = grade("6.5", complete=False)
    text = rendered(course("Arte", grade("6.5"), None, year=unfinished), terms=2, averages=unfinished)
    assert "Aprueba" not in text
    assert "Documento provisorio" in text


@pytest.mark.parametrize("change", [{"stale": True}, {"partial": True, "averages": (), "year": None}, {"lines": ()}])
def test_card_that_is_not_the_last_word_says_so_and_is_not_signed(change: dict[str, object]) -> None:
    found = card(course("Arte", grade("6.5")))
    with translation.override("es"):
        whole, changed = (
            text_of(card_pdf.render(shown, compress=False))
            for shown in (found, replace(found, **change))  # type: ignore[arg-type]
        )
    assert "Documento provisorio" not in whole
    assert "Incompleta" not in whole
    assert "Firma y sello del colegio" in whole
    assert "Documento provisorio" in changed
    assert "Firma" not in changed


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"dropped": 1}, "Algunas de las notas más bajas no cuentan, según el reglamento del colegio."),
        ({"extra": Decimal("0.3")}, "Incluye puntos extra, según el reglamento del colegio."),
    ],
)
def test_card_says_what_the_policy_left_out_or_added(change: dict[str, Any], said: str) -> None:
    assert said in rendered(course("Arte", grade("6.0"), replace(grade("6.5"), **change)), terms=2)
    assert "según el reglamento" not in rendered(course("Arte", grade("6.0"), grade("6.5")), terms=2)


def test_teachers_card_says_that_it_is_not_all() -> None:
    with translation.override("es"):
        text = text_of(card_pdf.render(partial(card(course("Arte", grade("6.5")))), compress=False))
    assert "Solo las asignaturas del docente que la pidió." in text
    assert "Promedio general" not in text


def test_name_is_text_and_never_markup() -> None:
    name = 'Ñandú <img src="/etc/passwd"/> & <b>Co</b>'
    text = "".join(rendered(course("<font color=red>Arte</font>", grade("6.5")), family_name=name).split())
    assert "".join(name.split()) in text
    assert "<fontcolor=red>Arte</font>" in text


@pytest.mark.parametrize(
    "name", ["Wałęsa", "Ka\u02bcaguy", "Tupã ỹ g\u0303", "Đặng Thị", "Чехов", "Παπαδόπουλος", "Şahin", "Ożóg", "Ūsas"]
)
def test_name_beyond_the_built_in_fonts_is_written_whole(name: str) -> None:
    text = rendered(course(f"Taller {name}", grade("6.5")), family_name=name)
    assert f"Estudiante: {name}, Íñigo Joaquín" in text
    assert f"Taller {name}" in text
    assert "?" not in text
    assert "U+" not in text


def test_arabic_name_is_joined_and_runs_from_right_to_left() -> None:
    text = rendered(course("Arte", grade("6.5")), family_name="\u0645\u062d\u0645\u062f")
    assert "\ufeaa\ufee4\ufea4\ufee3" in text  # final, medial, medial and initial form, as the eye goes from left
    assert "\u0645" not in text


def test_letter_of_no_font_is_written_as_its_number_and_the_card_says_so() -> None:
    text = rendered(course("Taller de 漢字", grade("6.5")), family_name="李")
    assert "Estudiante: [U+674E], Íñigo Joaquín" in text
    assert "Taller de" in text
    assert "[U+6F22][U+5B57]" in text.replace("\n", "")
    assert "Las letras que este documento no puede escribir" in text
    assert "?" not in text
    assert "Las letras que" not in rendered(course("Arte", grade("6.5")), family_name="Wałęsa")


@pytest.mark.parametrize("letter", ["W", "ł", "\u0645", "漢", "\u0303", "🏫"])
@pytest.mark.parametrize("terms", [1, 4, 6])
def test_longest_names_fit_on_their_pages(letter: str, terms: int) -> None:
    name, grades = letter * 120, [grade("6.5")] * terms
    found = card(*[course(name, *grades, year=grade("6.5"))] * 3, family_name=name, given_name=name)
    every = [replace(found.terms[0], name=name)] * terms
    found = replace(found, terms=tuple(every), averages=tuple(grades), year=grade("6.5"))
    with translation.override("es"):
        text = text_of(card_pdf.render(found, compress=False))
    assert "Firma y sello del colegio" in text


def test_only_a_card_that_needs_it_embeds_a_font() -> None:
    with translation.override("es"):
        plain = card_pdf.render(card(course("Arte", grade("6.5"))))
        other = card_pdf.render(card(course("Arte", grade("6.5")), family_name="Wałęsa"))
    assert b"DejaVu" not in plain
    assert b"DejaVu" in other
    assert len(plain) < 10_000 < len(other) < 120_000


def test_card_does_not_depend_on_the_cards_before_it() -> None:
    arabic, hebrew = ("\u0644\u0627\u0644\u0627 g\u0303", "\u05e9\u05dc\u05d5\u05dd")
    with translation.override("es"):
        first = card_pdf.render(card(course("Arte", grade("6.5")), family_name=arabic))
        card_pdf.render(card(course("Arte", grade("6.5")), family_name=hebrew))
        assert card_pdf.render(card(course("Arte", grade("6.5")), family_name=arabic)) == first


def test_same_card_gives_the_same_bytes_and_names_nobody_outside_its_pages() -> None:
    with translation.override("es"):
        found = card(course("Arte", grade("6.5")))
        first, second = card_pdf.render(found), card_pdf.render(found)
    assert first == second
    assert first.startswith(b"%PDF-")
    assert b"oaqu" not in first  # pages are compressed; metadata are not

from __future__ import annotations

import csv
import io
from dataclasses import replace
from decimal import Decimal

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from evaluations.api import card_csv
from tests.unit.evaluations.api.cards import card, course, grade, partial

CARD = card(course("Matemática", grade("6.5", "13/2")), course("Lenguaje", grade("3.9", "39/10", passing=False)))
DANGEROUS = tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")


def rows(content: bytes, delimiter: str = ";") -> list[dict[str, str]]:
    text = content.decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter))


def test_spanish_excel_gets_what_it_expects() -> None:
    with translation.override("es"):
        content = card_csv.render(CARD)
    assert content.startswith(b"\xef\xbb\xbfColegio;Estudiante;Periodo;")
    assert content.count(b"\r\n") == 4
    assert content.count(b"\n") == 4
    first, second, average = rows(content)
    assert first == {
        "Colegio": "Colegio San José de Ñuñoa",
        "Estudiante": "Muñoz Ibáñez, Íñigo Joaquín",
        "Periodo": "1º trimestre 2026",
        "Asignatura": "Matemática",
        "Sección": "5º A Matemática",
        "Nota": "6,5",
        "Promedio sin redondear": "6,5000",
        "Aprueba": "Sí",
        "Completa": "Sí",
        "Calculada": "04/05/2026 08:30",
        "Puede estar desactualizada": "No",
        "Notas más bajas sin contar": "",
        "Puntos extra": "",
    }
    assert (second["Nota"], second["Aprueba"]) == ("3,9", "No")
    assert (average["Asignatura"], average["Nota"]) == ("Promedio general", "5,9")


def test_what_the_policy_left_out_and_added_stands_beside_the_mean() -> None:
    by_policy = replace(grade("6.8", "34/5"), dropped=2, extra=Decimal("0.30"))
    with translation.override("es"):
        first, second, _average = rows(card_csv.render(card(course("Arte", by_policy), course("Música", grade("5.0")))))
    named = ("Nota", "Promedio sin redondear", "Notas más bajas sin contar", "Puntos extra")
    assert [first[name] for name in named] == ["6,8", "6,8000", "2", "0,30"]
    assert [second[name] for name in named] == ["5,0", "5,0000", "", ""]


def test_english_reader_gets_points_and_commas() -> None:
    with translation.override("en"):
        (first, *_) = rows(card_csv.render(CARD), ",")
    assert (first["Student"], first["Grade"], first["Passing"]) == ("Muñoz Ibáñez, Íñigo Joaquín", "6.5", "Yes")
    assert first["Computed"] == "2026-05-04 08:30"


@pytest.mark.parametrize(
    ("countries", "delimiter", "written"),
    [
        ("AR BO CL CO CR EC ES PY UY VE", ";", "6,5"),
        ("CU DO GT HN MX NI PA PE PR SV", ",", "6.5"),
    ],
)
def test_table_as_a_spreadsheet_of_the_schools_country_expects_it(countries: str, delimiter: str, written: str) -> None:
    for country in countries.split():
        with translation.override("es"):
            content = card_csv.render(card(course('Arte, "música"; y más', grade("6.5")), country=country))
        assert content.startswith(f"\ufeffColegio{delimiter}Estudiante{delimiter}".encode())
        assert content.count(b"\r\n") == content.count(b"\n") == 3
        (first, _average) = rows(content, delimiter)
        assert (first["Asignatura"], first["Nota"]) == ('Arte, "música"; y más', written)
        assert first["Estudiante"] == "Muñoz Ibáñez, Íñigo Joaquín"


def test_letters_and_courses_without_a_grade() -> None:
    found = card(course("Música", grade("AD", "3/1")), course("Arte", None), course("Religión", grade(None)))
    with translation.override("es"):
        music, art, religion, _average = rows(card_csv.render(found))
    assert (music["Nota"], music["Promedio sin redondear"]) == ("AD", "3,0000")
    assert (art["Nota"], art["Aprueba"], art["Completa"], art["Calculada"]) == ("", "", "", "")
    assert (religion["Nota"], religion["Aprueba"], religion["Completa"]) == ("", "", "Sí")


@pytest.mark.parametrize(("language", "said"), [("es", "En curso"), ("en", "In progress")])
@pytest.mark.parametrize("passing", [True, False])
def test_no_verdict_while_something_is_to_be_graded(language: str, said: str, *, passing: bool) -> None:
    found = card(course("Arte", grade("6.5", complete=False, passing=passing)))
    with translation.override(language):
        content = card_csv.render(found)
    (first, _average) = rows(content, ";" if language == "es" else ",")
    (value, _mean, verdict, complete) = list(first.values())[5:9]
    assert (value.replace(",", "."), verdict, complete) == ("6.5", said, "No")


def test_year_has_rows_of_its_own() -> None:
    found = card(course("Arte", grade("6.0"), grade("5.0"), year=grade("5.5", "11/2")), terms=2)
    with translation.override("es"):
        listed = [(row["Periodo"], row["Asignatura"], row["Nota"]) for row in rows(card_csv.render(found))]
    assert listed == [
        ("1º trimestre 2026", "Arte", "6,0"),
        ("2º trimestre 2026", "Arte", "5,0"),
        ("Año", "Arte", "5,5"),
        ("1º trimestre 2026", "Promedio general", "5,9"),
        ("2º trimestre 2026", "Promedio general", "5,9"),
        ("Año", "Promedio general", "5,9"),
    ]


def test_teachers_card_has_no_averages() -> None:
    with translation.override("es"):
        assert len(rows(card_csv.render(partial(CARD)))) == 2


@pytest.mark.parametrize(("country", "delimiter"), [("CL", ";"), ("MX", ",")])
@pytest.mark.parametrize("name", ["=HYPERLINK(1)", "+1", "-2+3", "@SUM(A1)", "\uff1d1+1"])
def test_formula_in_a_name_stays_a_text(name: str, country: str, delimiter: str) -> None:
    found = card(course(name, grade("6.0")), family_name=name, country=country)
    with translation.override("es"):
        (row, *_) = rows(card_csv.render(found), delimiter)
    assert row["Asignatura"] == f"'{name}"
    assert row["Estudiante"].startswith(f"'{name}")


@pytest.mark.parametrize("name", ["6.1", "4.5", "1000", "0.75"])
def test_name_that_looks_like_a_number_is_no_number(name: str) -> None:
    called = course(name, grade("6.5"))
    called = replace(called, section=replace(called.section, name=name))
    found = replace(card(called, family_name=name), terms=(replace(CARD.terms[0], name=name),))
    with translation.override("es"):
        (row, *_) = rows(card_csv.render(found))
    assert (row["Asignatura"], row["Sección"], row["Periodo"]) == (name, name, name)
    assert (row["Estudiante"], row["Nota"]) == (f"{name}, Íñigo Joaquín", "6,5")


@pytest.mark.parametrize("name", ["-1", "-0.5", "+2"])
def test_name_that_looks_like_a_signed_number_is_no_formula(name: str) -> None:
    with translation.override("es"):
        (row, *_) = rows(card_csv.render(card(course(name, grade("6.0")))))
    assert row["Asignatura"] == f"'{name}"


@given(st.text(min_size=1, max_size=40).filter(lambda text: text == text.strip() and text.isprintable()))
def test_no_text_of_people_begins_like_a_formula_and_all_of_it_is_there(name: str) -> None:
    found = card(course(name, grade("6.0")))
    with translation.override("es"):
        (row, *_) = rows(card_csv.render(found))
    assert not row["Asignatura"].startswith(DANGEROUS)
    assert row["Asignatura"].removeprefix("'") == name.removeprefix("'")

"""Who sees what at the console, in which language, and under which browser policy."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from django.test import Client

from edu import audit
from edu.console.admin import recent_months
from edu.console.nodb.base import NoDatabaseError
from edu.console.site import site
from edu.identity.principal import Role
from tests.integration.edu.console.audit_entries import write_entries
from tests.integration.edu.console.support import AUDIT, EVALUATIONS, LOGIN, page, staff
from tests.support.browsers import Browser
from tests.support.calls import counted_calls
from tests.support.cloud import acting_as
from tests.support.schools import import_school

if TYPE_CHECKING:
    from tests.support.schools import TestSchool

pytestmark = pytest.mark.usefixtures("cloud")
_POLICY = "Content-Security-Policy"


class _Inline(HTMLParser):
    """What a strict content security policy would not let run: scripts, styles and handlers inside the page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = {name for name, _value in attrs}
        if tag == "style" or (tag == "script" and "src" not in names):
            self.found.append(tag)
        self.found += [f"{tag} {name}" for name in names if name == "style" or name.startswith("on")]


def test_auditor_sees_audit_entry_and_its_detail(school_id: str) -> None:
    (entry,) = write_entries(school_id, 1)
    client = staff(Role.AUDITOR, school_id)
    listed = page(client, AUDIT)
    assert entry.subject in listed
    link = next(part for part in listed.split('"') if part.startswith(AUDIT) and part.endswith("/change/"))
    detail = page(client, link)
    assert entry.after_digest in detail
    assert entry.correlation_id in detail


def test_pages_speak_our_spanish(school_id: str) -> None:
    (entry,) = write_entries(school_id, 1)
    client = staff(Role.AUDITOR, school_id)
    first, listed = page(client, "/admin/"), page(client, AUDIT)
    assert "Sesión de: <strong>" in first
    assert "Ver</a>" in first
    assert "<h1>Registro de auditoría</h1>" in listed
    assert entry.subject in listed
    lost = page(client, client.get(f"{AUDIT}nothing/change/").headers["Location"])
    assert "Entrada de auditoría: no existe ningún registro con el identificador «nothing»" in lost
    for odd in ("Bienvenidos", "Vista", "Seleccione", "vínculo", "Quizás"):
        assert odd not in first + listed + lost
    goodbye = client.post("/admin/logout/").content.decode()
    assert "Su sesión se cerró." in goodbye


def test_audit_trail_names_actions_and_roles_and_tells_the_schools_time(school_id: str) -> None:
    with acting_as("worker"):
        school = import_school(school_id)
    (entry,) = write_entries(school_id, 1)
    client = staff(Role.AUDITOR, school_id)
    listed = page(client, AUDIT)
    local = entry.at.astimezone(ZoneInfo(school.school.time_zone))
    assert local.utcoffset()
    assert f"{local:%d/%m/%Y %H:%M:%S}" in listed
    assert f"{entry.at:%Y-%m-%dT%H:%M:%S}" not in listed
    assert "Evaluación creada" in listed
    assert "Docente" in listed


def test_pages_have_an_icon_and_a_style_of_their_own(school_id: str) -> None:
    for html in (page(Client(), LOGIN), page(staff(Role.AUDITOR, school_id), AUDIT)):
        for name in ("libreta.svg", "console.css"):
            assert f'href="/static/edu/{name}"' in html
            assert Client().get(f"/static/edu/{name}").status_code == 200


def test_refused_sign_in_tells_teachers_where_to_go() -> None:
    answer = Browser().post(LOGIN, {"username": "nobody", "password": "x"}).content.decode()
    assert "Docentes y estudiantes entran por su aplicación." in answer
    assert "clave" not in answer


def test_auditor_sees_no_other_schools_audit_entry(school_id: str, other_school_id: str) -> None:
    (entry,) = write_entries(other_school_id, 1)
    client = staff(Role.AUDITOR, school_id)
    assert entry.subject not in page(client, AUDIT)
    key = audit.entry_key_of(entry).replace(":", "_3A")
    answer = client.get(f"{AUDIT}{key}/change/")
    assert answer.status_code == 302
    assert answer.headers["Location"] == "/admin/"


@pytest.mark.parametrize("key", ["nothing", "2026-01-01T00_3A00_3A00.000000Z~0", "_23~_23", "~", "a_23b~c"])
def test_audit_entry_that_does_not_exist_redirects(school_id: str, key: str) -> None:
    assert staff(Role.AUDITOR, school_id).get(f"{AUDIT}{key}/change/").status_code == 302


def test_audit_trail_pages_through_a_month_without_loss_newest_first(school_id: str) -> None:
    entries = write_entries(school_id, 55)
    client = staff(Role.AUDITOR, school_id)
    first = client.get(AUDIT).context["cl"]
    assert len(first.result_list) == 50
    assert first.first_url is None
    second = client.get(AUDIT + first.next_url).context["cl"]
    assert second.next_url is None
    assert second.first_url is not None
    shown = [record.subject for record in (*first.result_list, *second.result_list)]
    assert shown == [entry.subject for entry in reversed(entries)]


def test_list_that_has_more_says_so(school_id: str) -> None:
    write_entries(school_id, 51)
    html = page(staff(Role.AUDITOR, school_id), AUDIT)
    assert "Hay más" in html
    assert "Página siguiente" in html


def test_audit_trail_filtered_by_month(school_id: str) -> None:
    (entry,) = write_entries(school_id, 1)
    client = staff(Role.AUDITOR, school_id)
    this_month, last_month = recent_months(2)
    assert entry.subject in page(client, f"{AUDIT}?month={this_month}")
    assert entry.subject not in page(client, f"{AUDIT}?month={last_month}")
    assert "2019-03" in page(client, f"{AUDIT}?month=2019-03")


@pytest.mark.parametrize("query", ["month=2026-13", "month=x", "month=2026-01%23", "q=x", "action__contains=x", "p=x"])
def test_audit_trail_asked_for_what_it_has_not_goes_to_its_first_page(school_id: str, query: str) -> None:
    answer = staff(Role.AUDITOR, school_id).get(f"{AUDIT}?{query}")
    assert (answer.status_code, answer.headers.get("Location")) in {(302, f"{AUDIT}?e=1"), (200, None)}
    if answer.status_code == 200:  # there is no search: the parameter is the stock page's and does nothing
        assert query == "q=x"


def test_cursor_of_another_school_refused(school_id: str, other_school_id: str) -> None:
    write_entries(school_id, 2)
    write_entries(other_school_id, 51)
    cursor = staff(Role.AUDITOR, other_school_id).get(AUDIT).context["cl"].next_url
    answer = staff(Role.AUDITOR, school_id).get(AUDIT + cursor)
    assert answer.status_code == 302
    assert answer.headers["Location"] == f"{AUDIT}?e=1"


def test_cursor_of_another_month_refused(school_id: str) -> None:
    write_entries(school_id, 51)
    client = staff(Role.AUDITOR, school_id)
    cursor = client.get(AUDIT).context["cl"].next_url
    answer = client.get(f"{AUDIT}{cursor}&month={recent_months(2)[1]}")
    assert answer.headers["Location"] == f"{AUDIT}?e=1"


@pytest.mark.parametrize("rows", [3, 30])
def test_audit_trail_calls_are_the_same_for_any_number_of_rows(school_id: str, rows: int) -> None:
    write_entries(school_id, rows)
    client = staff(Role.AUDITOR, school_id)
    page(client, AUDIT)  # the school's time zone is in memory from here on
    with counted_calls() as calls:
        assert len(client.get(AUDIT).context["cl"].result_list) == rows
    assert calls == ["GetItem", "Query"]  # the session, the month


@pytest.mark.parametrize(
    ("role", "path", "status"),
    [
        (Role.SCHOOL_ADMIN, EVALUATIONS, 200),
        (Role.SCHOOL_ADMIN, AUDIT, 403),
        (Role.AUDITOR, EVALUATIONS, 200),
        (Role.AUDITOR, AUDIT, 200),
        (Role.PLATFORM_OPERATOR, EVALUATIONS, 403),
        (Role.PLATFORM_OPERATOR, AUDIT, 403),
        *((role, f"{path}add/", 403) for role in (Role.SCHOOL_ADMIN, Role.AUDITOR) for path in (EVALUATIONS, AUDIT)),
    ],
)
def test_role_opens_its_pages_only(school: TestSchool, role: Role, path: str, status: int) -> None:
    client = staff(role, None if role is Role.PLATFORM_OPERATOR else school.school_id)
    assert client.get(path).status_code == status


def test_platform_operator_is_told_it_has_no_school() -> None:
    html = page(staff(Role.PLATFORM_OPERATOR, None), "/admin/")
    assert "no pertenece a ningún colegio" in html
    assert EVALUATIONS not in html
    assert AUDIT not in html


@pytest.mark.parametrize(
    "path", ["/admin/password_change/", "/admin/autocomplete/", "/admin/r/1/1/", f"{AUDIT}x/history/"]
)
def test_stock_pages_that_would_need_sql_are_not_there(school_id: str, path: str) -> None:
    assert staff(Role.AUDITOR, school_id).get(path).status_code == 404


def test_sign_in_page_is_spanish_first_and_english_on_request() -> None:
    assert "Iniciar sesión" in page(Client(), LOGIN)
    assert "Iniciar sesión" in page(Client(headers={"Accept-Language": "fr"}), LOGIN)
    assert "Log in" in page(Client(headers={"Accept-Language": "en"}), LOGIN)


def test_language_chosen_on_the_page_stays(school_id: str) -> None:
    write_entries(school_id, 1)
    client = staff(Role.AUDITOR, school_id)
    assert "Registro de auditoría" in page(client, AUDIT)
    client.post("/i18n/setlang/", {"language": "en", "next": AUDIT})
    assert "Audit trail" in page(client, AUDIT)


def test_every_page_is_under_the_strict_policy_and_needs_nothing_inline(school: TestSchool) -> None:
    write_entries(school.school_id, 1)
    visited = 0
    for role in (Role.AUDITOR, Role.SCHOOL_ADMIN):
        client = staff(role, school.school_id)
        for path in _all_pages(client):
            answer = client.get(path)
            assert "unsafe" not in answer.headers[_POLICY]
            assert "default-src 'none'" in answer.headers[_POLICY]
            assert _Inline(answer.content.decode()).found == [], path
            visited += answer.status_code == 200
    assert visited >= 8


def _all_pages(client: Client) -> list[str]:
    lists = [EVALUATIONS, AUDIT]
    details = [
        part
        for path in lists
        for part in client.get(path).content.decode().split('"')
        if part.startswith(path) and part.endswith("/change/")
    ]
    return ["/admin/", "/admin/console/", "/admin/evaluations/", "/admin/nowhere/", "/nowhere", LOGIN, *lists, *details]


def test_scripts_and_styles_of_the_pages_are_served(school_id: str) -> None:
    html = page(staff(Role.AUDITOR, school_id), AUDIT)
    assets = {part for part in html.split('"') if part.startswith("/static/")}
    assert len(assets) >= 5
    for asset in assets:
        assert Client().get(asset).status_code == 200, asset


def test_every_registered_model_lists_and_refuses_to_be_stored(school: TestSchool) -> None:
    for model, model_admin in site._registry.items():
        opened = [
            staff(role, school.school_id).get(_list_of(model)).status_code for role in (Role.AUDITOR, Role.SCHOOL_ADMIN)
        ]
        assert 200 in opened, model_admin
        with pytest.raises(NoDatabaseError):
            model().save()
        with pytest.raises(NoDatabaseError):
            model._default_manager.count()


def _list_of(model: type[object]) -> str:
    options = model._meta  # type: ignore[attr-defined]
    return f"/admin/{options.app_label}/{options.model_name}/"


def test_session_cookie_costs_other_requests_nothing(school_id: str) -> None:
    client = staff(Role.AUDITOR, school_id)
    with counted_calls() as calls:
        assert client.get("/api/v1/schema").status_code == 200
        assert client.get("/api/v1/sections").status_code == 401
    assert calls == []

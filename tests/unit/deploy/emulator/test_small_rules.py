"""Rules of the extension and its process that need no emulator."""

from __future__ import annotations

import asyncio
import json
import stat
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

import pytest

from deploy.emulator import options
from deploy.emulator.environment import apply_environment
from deploy.emulator.errors import PortBusyError
from deploy.emulator.extension import bucket_settings, delivery, expressions, patching, pipes
from deploy.emulator.extension.api_gateway import call_util
from deploy.emulator.extension.dynamodb_actions import UNREADABLE, _transaction_checks, partiql_checks
from deploy.emulator.extension.sessions import duration_problem, is_tag_text, tag_problem
from deploy.emulator.extension.time_to_live import OLDEST_AGE_S, is_expired
from deploy.emulator.extension.user_attributes import immutable_names, is_writable
from deploy.emulator.internal_endpoints import without_internal_endpoints
from deploy.emulator.root import RootCredentials, resolve_root
from deploy.emulator.single_instance import exclusive_state_dir, require_free_port

if TYPE_CHECKING:
    from pathlib import Path

ARN = "arn:aws:dynamodb:us-east-1:000000000000:table/T"


def test_options_survive_their_own_command_line(tmp_path: Path) -> None:
    chosen = options.EmulatorOptions(4999, tmp_path, persist=False, leading_keys=False, ttl_interval_s=2.5)
    assert options.parse(chosen.arguments()) == chosen


@pytest.mark.parametrize("protection", ["leading_keys", "query_bounds", "challenge_sessions"])
def test_each_protection_can_be_left_out_alone(tmp_path: Path, protection: str) -> None:
    chosen = options.EmulatorOptions(4999, tmp_path, **{protection: False})
    parsed = options.parse(chosen.arguments())
    assert parsed == chosen != options.EmulatorOptions(4999, tmp_path)


def test_environment_of_the_shell_does_not_reach_ministack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_SESSION_TOKEN", "MINISTACK_SSL_CERT", "SERVICES", "USE_SSL", "LAMBDA_EXECUTOR"):
        monkeypatch.setenv(name, "x")
    environment = dict(__import__("os").environ)
    root = RootCredentials("AKIAROOT", "secret")
    apply_environment(options.EmulatorOptions(4999, tmp_path), root, environment)
    assert not environment.keys() & {"AWS_SESSION_TOKEN", "MINISTACK_SSL_CERT", "SERVICES", "USE_SSL"}
    assert (environment["AUTH"], environment["BIND_HOST"]) == ("true", "127.0.0.1")


def test_root_credentials_are_made_once_and_kept_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LIBRETA_EMULATOR_ROOT_KEY_ID", raising=False)
    first = resolve_root(tmp_path)
    assert resolve_root(tmp_path) == first == RootCredentials.load(tmp_path)
    assert stat.S_IMODE((tmp_path / "root-credentials").stat().st_mode) == 0o600
    assert first.secret_access_key not in repr(first)
    assert RootCredentials.generate() != RootCredentials.generate()


def test_state_dir_is_held_by_one(tmp_path: Path) -> None:
    with exclusive_state_dir(tmp_path / "state"):
        pass
    with exclusive_state_dir(tmp_path / "state"):
        assert stat.S_IMODE((tmp_path / "state").stat().st_mode) == 0o700


def test_port_below_is_refused_in_one_line() -> None:
    import socket  # noqa: PLC0415

    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(PortBusyError) as refused:
        require_free_port(taken.getsockname()[1])
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(("path", "reached"), [("/", True), ("/_ministack/health", True), ("/_ministack/reset", False)])
def test_gate_shuts_the_back_rooms(path: str, reached: bool) -> None:  # noqa: FBT001
    seen: list[str] = []

    async def application(scope: Any, _receive: Any, _send: Any) -> None:
        seen.append(scope["path"])

    async def send(_message: Any) -> None:
        return

    asyncio.run(without_internal_endpoints(application)({"type": "http", "path": path}, send, send))  # type: ignore[arg-type]
    assert bool(seen) is reached


@pytest.mark.parametrize("text", ["abc", "Ñandú-1", "a b", "a_.:/=+-@"])
def test_tag_text_aws_allows(text: str) -> None:
    assert is_tag_text(text)


@pytest.mark.parametrize("text", ["*", "a?", "a#b", "${x}", "a\n", "a'b"])
def test_tag_text_aws_refuses(text: str) -> None:
    assert not is_tag_text(text)
    assert tag_problem([{"Key": "school_id", "Value": text}])
    assert tag_problem([{"Key": text, "Value": "a"}])


def test_tags_are_limited_in_number_and_length() -> None:
    assert not tag_problem([{"Key": f"k{number}", "Value": ""} for number in range(50)])
    assert tag_problem([{"Key": f"k{number}", "Value": ""} for number in range(51)])
    assert tag_problem([{"Key": "k", "Value": "x" * 257}])
    assert tag_problem([{"Key": "", "Value": "x"}])


@pytest.mark.parametrize(
    ("duration_s", "role_max_s", "chained", "fine"),
    [(900, 3600, False, True), (899, 3600, False, False), (7200, 7200, False, True), (7200, 7200, True, False)],
)
def test_duration_of_a_session(duration_s: int, role_max_s: int, chained: bool, fine: bool) -> None:  # noqa: FBT001
    assert (duration_problem(duration_s, role_max_s, chained=chained) is None) is fine


@pytest.mark.parametrize(
    ("value", "expired"),
    [
        ({"N": "999"}, True),
        ({"N": "1000"}, False),
        ({"N": "1e1"}, True),
        ({"S": "1"}, False),
        (None, False),
        ({"N": str(-OLDEST_AGE_S)}, False),
    ],
)
def test_item_expires_by_a_past_number(value: dict[str, str] | None, expired: bool) -> None:  # noqa: FBT001
    assert is_expired({"at": value} if value else {}, "at", 1000.0) is expired


@pytest.mark.parametrize(
    ("statement", "check"),
    [
        ('SELECT * FROM "T"', ("dynamodb:PartiQLSelect", ARN)),
        ('SELECT * FROM "T"."i"', ("dynamodb:PartiQLSelect", f"{ARN}/index/i")),
        ("INSERT INTO \"T\" VALUE {'pk': 'x'}", ("dynamodb:PartiQLInsert", ARN)),
        ("UPDATE \"T\" SET a='b' WHERE pk='x'", ("dynamodb:PartiQLUpdate", ARN)),
        ("DELETE FROM \"T\" WHERE pk='x'", ("dynamodb:PartiQLDelete", ARN)),
        ("DROP TABLE T", UNREADABLE),
        (None, UNREADABLE),
    ],
)
def test_partiql_statement_asks_for_its_action(statement: str | None, check: tuple[str, str]) -> None:
    bodies = {
        "dynamodb:ExecuteStatement": {"Statement": statement},
        "dynamodb:BatchExecuteStatement": {"Statements": [{"Statement": statement}]},
        "dynamodb:ExecuteTransaction": {"TransactStatements": [{"Statement": statement}]},
    }
    for action, body in bodies.items():
        assert partiql_checks(action, json.dumps(body).encode(), "us-east-1", "000000000000") == [check]
    assert partiql_checks("dynamodb:GetItem", b"{}", "us-east-1", "000000000000") == []


def test_each_question_about_a_transaction_is_asked_once() -> None:
    stock = patching.core("iam_actions").dynamodb_transaction_checks
    other = f"{ARN[:-1]}U"
    actions = [{"Put": {"TableName": "T"}}, {"ConditionCheck": {"TableName": "T"}}, {"Put": {"TableName": "U"}}] * 33
    asked = (
        "dynamodb:TransactWriteItems",
        json.dumps({"TransactItems": actions}).encode(),
        "us-east-1",
        ARN.split(":")[4],
    )
    put, check = "dynamodb:PutItem", "dynamodb:ConditionCheckItem"
    assert _transaction_checks(stock)(*asked) == [(put, ARN), (check, ARN), (put, other)]
    assert set(stock(*asked)) == {(put, ARN), (check, ARN), (put, other)}


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("attribute_not_exists(pk)", None),
        ("a =", 'Invalid ConditionExpression: Syntax error; token: "<EOF>", near: "="'),
    ],
)
def test_grammar_of_an_expression_is_as_ministack_finds_it(expression: str, said: str | None) -> None:
    stock = patching.service("dynamodb")._condition_syntax_error
    check: Any = expressions._once(stock)
    assert [check(expression, "ConditionExpression") for _ in range(2)] == [said] * 2
    assert check.cache_info().misses == 1
    assert check("a =", "FilterExpression") == 'Invalid FilterExpression: Syntax error; token: "<EOF>", near: "="'


def test_tokens_of_an_expression_are_read_once_and_are_the_callers_own() -> None:
    asked: list[str] = []

    def stock(expr: str) -> list[tuple[str, str]]:
        asked.append(expr)
        return [("IDENT", part) for part in expr.split()]

    tokenize = expressions._tokens_once(stock)
    tokenize("SET a").clear()
    assert tokenize("SET a") == [("IDENT", "SET"), ("IDENT", "a")]
    assert asked == ["SET a"]


def test_copy_of_an_item_shares_nothing_that_can_change() -> None:
    item = {"pk": {"S": "a"}, "m": {"M": {"l": {"L": [{"N": "1"}, {"BOOL": True}, {"NULL": None}]}}}, "b": {"B": b"x"}}
    made = expressions.copied(item)
    assert made == item
    made["m"]["M"]["l"]["L"][0]["N"] = "2"
    made["pk"]["S"] = "b"
    assert (item["m"]["M"]["l"]["L"][0], item["pk"]) == ({"N": "1"}, {"S": "a"})  # type: ignore[index]
    odd = expressions.copied({"x": OrderedDict(a=[1])})
    assert isinstance(odd["x"], OrderedDict)


@pytest.mark.parametrize(
    ("pattern", "wanted"),
    [
        ('{"eventName": ["INSERT", "MODIFY"]}', True),
        ('{"eventName": ["REMOVE"]}', False),
        ('{"dynamodb": {"NewImage": {"entity": {"S": [{"prefix": "beh"}]}}}}', True),
        ('{"dynamodb": {"NewImage": {"entity": {"S": [{"anything-but": ["behavior"]}]}}}}', False),
        ('{"dynamodb": {"OldImage": {"entity": {"S": [{"exists": false}]}}}}', True),
        ('{"size": [{"numeric": [">", 5, "<=", 10]}]}', True),
        ('{"size": [{"numeric": [">", 10]}]}', False),
        ('{"$or": [{"size": [1]}, {"eventName": ["INSERT"]}]}', True),
    ],
)
def test_pipe_filter(pattern: str, wanted: bool) -> None:  # noqa: FBT001
    record = {"eventName": "INSERT", "size": 10, "dynamodb": {"NewImage": {"entity": {"S": "behavior"}}}}
    assert pipes.matches([{"Pattern": pattern}], record) is wanted
    assert pipes.matches([], record)


def test_pipe_filter_aws_refuses_is_refused() -> None:
    parameters = {"SourceParameters": {"FilterCriteria": {"Filters": [{"Pattern": '{"eventName": "INSERT"}'}]}}}
    with pytest.raises(ValueError, match="Invalid filter pattern"):
        pipes.remember_parameters({}, parameters)


def test_partition_query_turns_text_into_a_number() -> None:
    firehose = patching.service("firehose")
    parse, value = delivery._parse_query(firehose._jq_parse), delivery._query_value(firehose._jq_value)
    ((_key, steps, functions),) = parse('{year: .at | tonumber | strftime("%Y")}')
    assert value({"at": "1735700000"}, steps, functions) == "2025"
    for wrong in ("soon", None, True, "1e300"):
        with pytest.raises(ValueError, match=r".+"):
            value({"at": wrong}, steps, functions)


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("base64Encode", "ñ", "w7E="),
        ("base64Decode", "w7E=", "ñ"),
        ("escapeJavaScript", 'O\'B "q" / \\ ñ', 'O\\\'B \\"q\\" \\/ \\\\ \\u00f1'),
        ("urlDecode", "a+b%2Fc", "a b/c"),
        ("parseJson", '{"a": 1}', {"a": 1}),
        ("unknown", "x", None),
    ],
)
def test_mapping_template_function(name: str, text: str, expected: object) -> None:
    assert call_util(name, text) == expected


def test_bucket_documents_escape_their_values() -> None:
    rule = {"Id": "a<b", "Prefix": "x&y", "Transition": {"TransitionInDays": 1, "StorageClass": "GLACIER"}}
    document = bucket_settings.lifecycle_xml([rule])
    assert "<ID>a&lt;b</ID><Filter><Prefix>x&amp;y</Prefix></Filter>" in document
    lock = {"Rule": {"DefaultRetention": {"Mode": "COMPLIANCE", "Years": 7}}}
    assert "<Mode>COMPLIANCE</Mode><Years>7</Years>" in bucket_settings.object_lock_xml(lock)


def test_attributes_a_client_may_write() -> None:
    pool = {
        "SchemaAttributes": [{"Name": "custom:school_id", "Mutable": False}, {"Name": "email", "Mutable": True}],
        "_clients": {"web": {"WriteAttributes": ["email"]}, "open": {"WriteAttributes": []}},
    }
    assert immutable_names(pool) == {"custom:school_id"}
    assert is_writable(pool, "web", "email")
    assert not is_writable(pool, "web", "custom:role")
    assert is_writable(pool, "open", "custom:role")
    assert not is_writable(pool, "open", "email_verified")

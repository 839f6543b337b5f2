"""A query's values in Athena's words, and its columns' types."""

from __future__ import annotations

import duckdb

from deploy.emulator.extension.query_results import fetched


def test_values_are_athenas_words_and_what_json_knows_stays() -> None:
    columns = {
        "1": (1, "integer"),
        "CAST(2 AS BIGINT)": (2, "bigint"),
        "'a'": ("a", "varchar"),
        "NULL::VARCHAR": (None, "varchar"),
        "true": (True, "boolean"),
        "1.50::DECIMAL(5,2)": ("1.50", "decimal"),
        "1.5::DOUBLE": (1.5, "double"),
        "DATE '2026-03-04'": ("2026-03-04", "date"),
        "TIMESTAMP '2026-03-04 12:00:00.5'": ("2026-03-04 12:00:00.500", "timestamp"),
        "to_timestamp(1772625600)": ("2026-03-04 12:00:00.000 UTC", "timestamp with time zone"),
        "['a', NULL]": ("[a, null]", "array"),
        "MAP {'k': true}": ("{k=true}", "map"),
        "'ab'::BLOB": ("61 62", "varbinary"),
        "sum(3::BIGINT)": (3, "bigint"),
    }
    with duckdb.connect(":memory:") as connection:
        connection.execute("SET TimeZone = 'UTC'")
        (select,) = connection.extract_statements(f"SELECT {', '.join(columns)}")
        found = fetched(connection, select)
    seen = zip(found["rows"][0], found["column_types"], strict=True)
    assert dict(zip(columns, seen, strict=True)) == columns

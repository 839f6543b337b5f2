"""A second checker of a sync's proof, written from ``docs/SYNC-CERTIFICATE.md`` with the standard library alone.

    python tests/support/sync_verifier.py FILE...     exit code 0 when all is as the page says

It shares no code with the product, so that an error in one of the two is seen by the other.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import sys
from pathlib import Path
from typing import Any

RUN = {"run_id": str, "school_id": str, "term_id": str}
COMMON = {"format": str, "format_version": int, "run": RUN}
LEAF = {
    "course_id": str,
    "evaluation_id": str,
    "salt": str,
    "state": str,
    "student_id": str,
    "value": (str, type(None)),
    "version": int,
}
EXCHANGE = {
    "at": str,
    "batch_number": (int, type(None)),
    "event": str,
    "request_hmac": (str, type(None)),
    "response_hmac": (str, type(None)),
    "response_status": (int, type(None)),
    "version": int,
}
CERTIFICATE = {
    **COMMON,
    "state": str,
    "started_by": str,
    "started_at": str,
    "as_of": str,
    "finished_at": str,
    "contract": {"shape": str, "version": str},
    "counts": dict.fromkeys(("accepted", "batches", "grades", "list_pages", "rejected"), int),
    "differences": dict,
    "shortcomings": [str],
    "merkle_root": str,
    "exchanges": [EXCHANGE],
    "history": {"entries": int, "head_sha256": str, "unchained": int},
    "sha256": str,
}
SHAPES: dict[str, Any] = {
    "libreta-sync-certificate": CERTIFICATE,
    "libreta-sync-report": CERTIFICATE,
    "libreta-sync-manifest": {**COMMON, "grades": [LEAF]},
    "libreta-sync-history": {**COMMON, "entries": [dict]},
    "libreta-sync-proof": {
        **COMMON,
        "certificate_sha256": str,
        "grade": LEAF,
        "index": int,
        "path": [str],
        "size": int,
    },
}


def require(condition: bool, what: str) -> None:  # noqa: FBT001 - like assert, but kept by python -O
    if not condition:
        raise SystemExit(f"wrong: {what}")


def canonical(value: Any) -> bytes:
    """RFC 8785 for what the files hold: names in ASCII, whole numbers and texts."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


def sha256(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()


def has_shape(value: Any, shape: Any) -> bool:
    if isinstance(shape, dict):
        return (
            isinstance(value, dict)
            and value.keys() == shape.keys()
            and all(has_shape(value[name], part) for name, part in shape.items())
        )
    if isinstance(shape, list):
        return isinstance(value, list) and all(has_shape(part, shape[0]) for part in value)
    return isinstance(value, shape) and not isinstance(value, bool)


def read(name: str) -> Any:
    content = Path(name).read_bytes()
    try:
        value = json.loads(content)
        require(canonical(value) == content, f"{name}: not canonical")
    except (ValueError, RecursionError) as error:
        raise SystemExit(f"wrong: {name}: no JSON") from error
    require(isinstance(value, dict) and value.get("format") in SHAPES, f"{name}: format")
    require(has_shape(value, SHAPES[value["format"]]) and value["format_version"] == 1, f"{name}: fields")
    return value


def check_certificate(certificate: Any) -> None:
    content = {name: value for name, value in certificate.items() if name != "sha256"}
    require(sha256(canonical(content)).hex() == certificate["sha256"], "certificate: sha256")
    expected = [
        shortcoming
        for shortcoming, is_there in (
            ("not_reconciled", certificate["state"] != "reconciled"),
            ("differences", certificate["differences"] != {}),
            ("unchained_history", certificate["history"]["unchained"] != 0),
        )
        if is_there
    ]
    require(certificate["shortcomings"] == expected, "certificate: shortcomings")
    require((certificate["format"] == "libreta-sync-report") == bool(expected), "certificate: kind")


def tree(hashes: list[bytes]) -> bytes:
    """MTH of RFC 6962, 2.1, by its recursive definition."""
    if not hashes:
        return sha256(b"")
    if len(hashes) == 1:
        return hashes[0]
    left = 1
    while left * 2 < len(hashes):
        left *= 2
    return sha256(b"\x01" + tree(hashes[:left]) + tree(hashes[left:]))


def leaf_hash(leaf: Any) -> bytes:
    return sha256(b"\x00" + canonical(leaf))


def check_manifest(manifest: Any, certificate: Any) -> None:
    grades = manifest["grades"]
    names = [(grade["evaluation_id"], grade["student_id"]) for grade in grades]
    require(names == sorted(set(names)), "manifest: order")
    require(len(grades) == certificate["counts"]["grades"], "manifest: count")
    require(tree([leaf_hash(grade) for grade in grades]).hex() == certificate["merkle_root"], "manifest: root")


def check_proof(proof: Any, certificate: Any) -> None:
    require(proof["certificate_sha256"] == certificate["sha256"], "proof: certificate")
    require(proof["size"] == certificate["counts"]["grades"], "proof: size")
    number, last = proof["index"], proof["size"] - 1
    require(0 <= number <= last, "proof: index")
    found = leaf_hash(proof["grade"])
    require(all(re.fullmatch("[0-9a-f]{64}", sibling) for sibling in proof["path"]), "proof: path")
    for sibling in map(bytes.fromhex, proof["path"]):
        require(last > 0, "proof: path too long")
        if number & 1 or number == last:
            found = sha256(b"\x01" + sibling + found)
            while not number & 1 and number:
                number, last = number >> 1, last >> 1
        else:
            found = sha256(b"\x01" + found + sibling)
        number, last = number >> 1, last >> 1
    require(last == 0 and found.hex() == certificate["merkle_root"], "proof: root")


def check_history(history: Any, certificate: Any) -> None:
    run = {name: history["run"][name] for name in ("run_id", "school_id")}
    previous, head, unchained = sha256(canonical(run)).hex(), "", 0
    for version, entry in enumerate(history["entries"], 1):
        require(entry.get("version") == version, f"history: version {version}")
        content = {name: value for name, value in entry.items() if name != "sha256"}
        if "sha256" not in entry and not head:
            unchained += 1
            continue
        require(entry.get("previous_sha256") == previous, f"history: link {version}")
        previous = head = sha256(canonical(content)).hex()
        require(entry.get("sha256") == head, f"history: digest {version}")
    found = {"entries": len(history["entries"]), "head_sha256": head, "unchained": unchained}
    require(found == certificate["history"], "history: the certificate counts another")
    exchanges = [exchange_of(entry) for entry in history["entries"] if "request_sha256" in entry]
    require(exchanges == certificate["exchanges"], "history: exchanges")


def exchange_of(entry: Any) -> Any:
    def mac(name: str) -> str | None:
        if "salt" not in entry or name not in entry:
            return None
        return hmac.digest(entry["salt"].encode(), entry[name].encode(), "sha256").hex()

    return {
        **{name: entry[name] for name in ("at", "event", "version")},
        **{name: entry.get(name) for name in ("batch_number", "response_status")},
        "request_hmac": mac("request_sha256"),
        "response_hmac": mac("response_sha256"),
    }


CHECKS = {
    "libreta-sync-manifest": check_manifest,
    "libreta-sync-history": check_history,
    "libreta-sync-proof": check_proof,
}


def main(names: list[str]) -> None:
    files = [read(name) for name in names]
    certificates = [file for file in files if file["format"] not in CHECKS]
    require(len(certificates) == 1, "one certificate or report is needed")
    [certificate] = certificates
    check_certificate(certificate)
    for file in files:
        require(file["run"] == certificate["run"], "another run's file")
        if file["format"] in CHECKS:
            CHECKS[file["format"]](file, certificate)
    require(certificate["format"] == "libreta-sync-certificate", "a report certifies no agreement")


if __name__ == "__main__":
    main(sys.argv[1:])

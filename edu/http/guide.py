"""What the contract says before its operations, for who reads it for the first time. Plain data: settings import it."""

from __future__ import annotations

from edu.http.json_bodies import MAX_NUMBER_CHARS
from edu.http.json_limits import MAX_DEPTH, MAX_TEXT_BYTES, MAX_VALUES

SIGN_IN = """\
curl -s https://cognito-idp.<region>.amazonaws.com/ \\
  -H 'Content-Type: application/x-amz-json-1.1' \\
  -H 'X-Amz-Target: AWSCognitoIdentityProviderService.InitiateAuth' \\
  -d '{"AuthFlow": "USER_PASSWORD_AUTH", "ClientId": "<client>",
       "AuthParameters": {"USERNAME": "<name>", "PASSWORD": "<password>"}}'"""
ANSWER = """\
{"AuthenticationResult": {"IdToken": "eyJraWQiOi...", "RefreshToken": "eyJjdHki...",
                          "AccessToken": "eyJraWQiOi...", "ExpiresIn": 3600, "TokenType": "Bearer"},
 "ChallengeParameters": {}}"""
CLAIMS = """\
{"sub": "3f0c5c1e-8f1d-4c0e-9b57-2f6a1d0e4b7c", "cognito:username": "docente1.colegio-san-martin-01",
 "custom:role": "teacher", "custom:school_id": "colegio-san-martin-01", "custom:person_id": "doc-0001",
 "iss": "https://cognito-idp.<region>.amazonaws.com/<pool>", "aud": "<client>", "token_use": "id",
 "iat": 1795000000, "exp": 1795003600}"""
WRITE = """\
curl -i -X PUT https://<host>/api/v1/evaluations/<evaluation_id>/scores/est-0001 \\
  -H "Authorization: Bearer $TOKEN" \\
  -H "Idempotency-Key: $(uuidgen)" \\
  -H 'If-None-Match: *' \\
  -H 'Content-Type: application/json' \\
  -d '{"value": "6.5"}'"""
TOKENS = f"""\
A Cognito ID token. It decides the school: no address and no body names one.

Sign in with the installation's region and client id, and send `AuthenticationResult.IdToken`:

```sh
{SIGN_IN}
```

```json
{ANSWER}
```

It is good for an hour; `REFRESH_TOKEN_AUTH` with the refresh token, good for a day, gets the next one. Of the token's
claims these decide what it may do (`custom:person_id` is the teacher's or student's id in the school):

```json
{CLAIMS}
```

On a laptop `make run` prints names and a password, and `manage.py token <name>` signs in.
"""
GUIDE = f"""\
Evaluations and behaviour of many schools. The token decides the school; errors are problem+json.

**Begin** with a token (see `idToken` below) and `GET /api/v1/`, which lists what can be read; `GET /api/v1/sections`
are the sections of a teacher. Ids are texts that other answers give; weights and grades are texts too, exact to the
digit.

**Write** with a new `Idempotency-Key` for each write. After a lost answer send the same again, under the same key: it
happens once, and the answer is the first one. What was created is at its `Location`. A change names the version that it
changes by `If-Match`, with the `ETag` that the record was read with; 412 tells what stands by now. A score is written
by `PUT` at its own address: with `If-None-Match: *` the first one, with `If-Match` the next.

```sh
{WRITE}
```

**List** a page at a time: `limit` results at most, and `next`, the `cursor` of the following page (null: there is
none). A cursor is of its listing with all its parameters but `limit`.

**Refusals** are `application/problem+json`: `code` is for programs, `title`, `detail` and `errors` are for people, in
the language of `Accept-Language` (`es` or `en`). 409 and 412 ask to read again, 429 and 503 to wait for `Retry-After`.
What a request names and its operation has not (a field, a parameter) is refused, not ignored.

**Limits**

| what | figure | beyond it |
|---|---|---|
| a body | 1 MiB; of events 256 KiB | 413 |
| JSON: values (members, items, and what holds them) | {MAX_VALUES} | 400 |
| JSON: depth; bytes of one text; characters of one number | {MAX_DEPTH}; {MAX_TEXT_BYTES}; {MAX_NUMBER_CHARS} | 400 |
| rows of a section, events of a request | 100 | 422; of events 400 |
| an account's reads; writes | 600; 240 a minute, unless the installation says otherwise | 429 |
| an account's refused bodies, each 1 KiB at least | 2 MiB a minute, unless the installation says otherwise | 429 |
| errors told of one request | 20, and `more` | |
"""

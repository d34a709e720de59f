"""What a browser does to sign in and to stay signed in, for the tests of api/auth.py."""

from __future__ import annotations

import json

from werkzeug.test import Client, TestResponse

from lib.web.browser import COOKIE

EMAIL, PASSWORD = "ada@example.org", "correct horse battery"
HTTPS = "https://hub.example.org"


def post(client: Client, path: str, body: object = None, **headers: str) -> TestResponse:
    return client.post(
        f"/api/auth/{path}",
        base_url=HTTPS,
        data=json.dumps({} if body is None else body),
        headers={
            "Content-Type": "application/json",
            **{name.replace("_", "-"): text for name, text in headers.items()},
        },
    )


def sign_in(client: Client, email: str = EMAIL, password: str = PASSWORD) -> TestResponse:
    answer = post(client, "login", {"email": email, "password": password})
    assert answer.status_code == 200, answer.text
    return answer


def cookie(answer: TestResponse) -> str:
    name, _, rest = answer.headers["Set-Cookie"].partition("=")
    assert name == COOKIE
    return rest.partition(";")[0]


def refresh(client: Client, token: str) -> TestResponse:
    return post(client, "refresh", Cookie=f"{COOKIE}={token}")


def me(client: Client, access_token: str) -> TestResponse:
    return client.get("/api/auth/me", headers={"Authorization": f"Bearer {access_token}"})


def bearer(answer: TestResponse) -> dict[str, str]:
    return {"Authorization": f"Bearer {answer.json['access_token']}"}  # type: ignore[index]

"""The pages that people see: plain HTML that works without a script, and with a screen reader.

Nothing loads from elsewhere. Only passkeys need a script, which is the provider's own file.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from typing import Final
from urllib.parse import urlsplit

from starlette.responses import HTMLResponse, Response

STYLE: Final = """\
:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; }
body { margin: 0; display: grid; min-height: 100vh; place-items: center; }
main { box-sizing: border-box; width: 100%; max-width: 26rem; padding: 2rem 1.5rem; }
h1 { font-size: 1.4rem; margin: 0 0 1rem; }
label { display: block; margin: 1rem 0 .25rem; font-weight: 600; }
input { box-sizing: border-box; width: 100%; padding: .6rem; font: inherit; border: 1px solid #767676;
  border-radius: .3rem; }
button { margin: 1.25rem .5rem 0 0; padding: .6rem 1.2rem; font: inherit; border-radius: .3rem;
  border: 1px solid #1d4ed8; background: #1d4ed8; color: #fff; cursor: pointer; }
button.other { background: transparent; color: inherit; border-color: #767676; }
input:focus-visible, button:focus-visible, a:focus-visible { outline: 3px solid #f59e0b; outline-offset: 2px; }
[role=alert] { border-left: 4px solid #b91c1c; padding: .5rem .75rem; margin: 0 0 1rem; }
code { font-size: 1.05rem; word-break: break-all; }
"""
SCRIPT: Final = """\
"use strict";
const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)))
  .replace(/\\+/g, "-").replace(/\\//g, "_").replace(/=+$/, "");
const send = async (url, mark, body) => {
  const answer = await fetch(url, { method: "POST", headers: { "content-type": "application/json", "x-form": mark },
    body: JSON.stringify(body) });
  const said = await answer.json();
  if (!answer.ok) throw new Error(said.detail);
  return said;
};
const button = document.querySelector("[data-passkey]");
button.hidden = !window.PublicKeyCredential;
button.addEventListener("click", async () => {
  const { passkey, mark, next } = button.dataset;
  const alert = document.getElementById("passkey-alert");
  try {
    const asked = await send(passkey + "/options", mark, {});
    asked.challenge = bytes(asked.challenge);
    const known = [...(asked.allowCredentials || []), ...(asked.excludeCredentials || [])];
    for (const each of known) each.id = bytes(each.id);
    if (asked.user) asked.user.id = bytes(asked.user.id);
    const made = asked.user ? await navigator.credentials.create({ publicKey: asked })
      : await navigator.credentials.get({ publicKey: asked });
    const response = {};
    for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"])
      if (made.response[name]) response[name] = text(made.response[name]);
    await send(passkey, mark, { id: made.id, rawId: text(made.rawId), type: made.type, response });
    location.assign(next);
  } catch (error) {
    alert.textContent = error.message;
    alert.hidden = false;
  }
});
"""


def show(
    title: str, body: str, status: int = 200, *, alert: str = "", redirects: Iterable[str] = (), script: bool = False
) -> Response:
    """A page. `redirects` are URIs that its form may lead on to: a browser holds redirects against the policy too."""
    warning = f'<p role="alert">{escape(alert)}</p>' if alert else ""
    more = '<script src="/oauth2/passkey.js" defer></script>' if script else ""
    page = (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<link rel="stylesheet" href="/oauth2/style.css">{more}</head>'
        f"<body><main><h1>{escape(title)}</h1>{warning}{body}</main></body></html>"
    )
    targets = " ".join(["'self'", *map(_source, redirects)])
    policy = (
        "default-src 'none'; style-src 'self'; img-src 'none'; base-uri 'none'; frame-ancestors 'none'; "
        f"form-action {targets}" + ("; script-src 'self'; connect-src 'self'" if script else "")
    )
    # Under the policy `no-referrer` a browser would not say either from which origin a form comes.
    headers = {"content-security-policy": policy, "referrer-policy": "same-origin", "cache-control": "no-store"}
    return HTMLResponse(page, status, headers)


def hidden(**fields: str) -> str:
    """Hidden fields of a form."""
    return "".join(f'<input type="hidden" name="{name}" value="{escape(value)}">' for name, value in fields.items())


def field(name: str, label: str, kind: str = "text", *, value: str = "", complete: str = "off", more: str = "") -> str:
    """A field with its label."""
    return (
        f'<label for="{name}">{escape(label)}</label><input id="{name}" name="{name}" type="{kind}" required '
        f'autocomplete="{complete}" value="{escape(value)}" {more}>'
    )


def sign_in(mark: str, next: str, user_name: str, alert: str, status: int, redirects: Iterable[str]) -> Response:
    """Who are you?"""
    body = (
        f'<form method="post" action="/oauth2/sign-in">{hidden(form=mark, next=next)}'
        + field(
            "user_name", "User name", value=user_name, complete="username", more='autocapitalize="none" maxlength="320"'
        )
        + field("password", "Password", "password", complete="current-password", more='maxlength="256"')
        + "<button>Sign in</button></form>"
    )
    return show("Sign in", body, status, alert=alert, redirects=redirects)


def sign_out(to: str, mark: str, fields: Mapping[str, str], redirects: Iterable[str]) -> Response:
    """Shall you be signed out?"""
    body = (
        f'<form method="post" action="{to}">{hidden(form=mark, **fields)}'
        "<p>An application asks to sign you out here.</p><button>Sign out</button></form>"
    )
    return show("Sign out", body, redirects=redirects)


def second_factor(
    mark: str, next: str, code: bool, passkey: bool, alert: str, status: int, redirects: Iterable[str]
) -> Response:
    """Prove it once more."""
    asks_code = (
        f'<form method="post" action="/oauth2/second-factor">{hidden(form=mark, next=next)}'
        + field(
            "code", "Code of your authenticator app", complete="one-time-code", more='inputmode="numeric" maxlength="7"'
        )
        + "<button>Go on</button></form>"
    )
    body = (asks_code if code else "") + (
        passkey_button("/oauth2/passkey", "Use your passkey", mark, next) if passkey else ""
    )
    return show("One more step", body, status, alert=alert, redirects=redirects, script=passkey)


def passkey_button(path: str, label: str, mark: str, next: str) -> str:
    """A button that the script wakes up."""
    return (
        '<p id="passkey-alert" role="alert" hidden></p>'
        f'<button type="button" class="other" hidden data-passkey="{path}" data-mark="{escape(mark)}" '
        f'data-next="{escape(next)}">{escape(label)}</button>'
    )


def consent(
    action: str, mark: str, client: str, person: str, scopes: Iterable[str], redirects: Iterable[str]
) -> Response:
    """Shall this application act for you?"""
    body = (
        f"<p><strong>{escape(client)}</strong> asks to act for you, <strong>{escape(person)}</strong>, with:</p>"
        f"<ul>{''.join(f'<li>{escape(scope)}</li>' for scope in scopes)}</ul>"
        f'<form method="post" action="{escape(action)}">{hidden(form=mark)}{_decision()}</form>'
    )
    return show("Allow access?", body, redirects=redirects)


def device_code(mark: str, user_code: str, alert: str = "", status: int = 200) -> Response:
    """Which device?"""
    body = (
        f'<form method="post" action="/oauth2/device">{hidden(form=mark)}'
        + field(
            "user_code",
            "Code that your device shows",
            value=user_code,
            more='autocapitalize="characters" maxlength="20"',
        )
        + "<button>Go on</button></form>"
    )
    return show("Connect a device", body, status, alert=alert)


def device_consent(mark: str, user_code: str, client: str, scopes: Iterable[str]) -> Response:
    """Shall this device act for you?"""
    body = (
        f"<p><strong>{escape(client)}</strong> asks to act for you with:</p>"
        f"<ul>{''.join(f'<li>{escape(scope)}</li>' for scope in scopes)}</ul>"
        f"<p>Allow it only if you have started this yourself, and your device shows "
        f"<code>{escape(user_code)}</code>.</p>"
        f'<form method="post" action="/oauth2/device">{hidden(form=mark, user_code=user_code)}{_decision()}</form>'
    )
    return show("Connect this device?", body)


def account(mark: str, user_name: str, totp: bool, passkeys: bool, alert: str = "") -> Response:
    """Your account."""
    factors = " and ".join([*(["an authenticator app"] if totp else []), *(["a passkey"] if passkeys else [])])
    body = (
        f"<p>You are signed in as <strong>{escape(user_name)}</strong>. Beside your password is asked for: "
        f"{factors or 'nothing yet'}.</p>"
        + _button("/oauth2/account/totp", "Set up an authenticator app", mark, other=True)
        + passkey_button("/oauth2/account/passkey", "Add a passkey", mark, "/oauth2/account")
        + f'<form method="post" action="/oauth2/account/password">{hidden(form=mark)}'
        + field("old", "Present password", "password", complete="current-password", more='maxlength="256"')
        + field("new", "New password", "password", complete="new-password", more='minlength="12" maxlength="256"')
        + "<button>Change the password</button></form>"
        + _button("/oauth2/sign-out", "Sign out", mark, other=True)
    )
    return show("Your account", body, 400 if alert else 200, alert=alert, script=True)


def totp(mark: str, secret: str, uri: str, alert: str = "") -> Response:
    """Set up an authenticator app."""
    body = (
        f'<p>Add this key to your authenticator app (<a href="{escape(uri)}">open it on this device</a>):</p>'
        f"<p><code>{escape(secret)}</code></p>"
        f'<form method="post" action="/oauth2/account/totp/confirm">{hidden(form=mark)}'
        + field("code", "Code that the app shows", complete="one-time-code", more='inputmode="numeric" maxlength="7"')
        + "<button>Go on</button></form>"
    )
    return show("Set up an authenticator app", body, 400 if alert else 200, alert=alert)


def _button(action: str, label: str, mark: str, *, other: bool = False) -> str:
    kind = ' class="other"' if other else ""
    return f'<form method="post" action="{action}">{hidden(form=mark)}<button{kind}>{escape(label)}</button></form>'


def _decision() -> str:
    return (
        '<button name="decision" value="allow">Allow</button>'
        '<button name="decision" value="deny" class="other">Do not allow</button>'
    )


def _source(uri: str) -> str:
    """What the policy calls the origin of a redirect URI."""
    parts = urlsplit(uri)
    return f"{parts.scheme}://{parts.netloc}" if parts.scheme in ("http", "https") else f"{parts.scheme}:"

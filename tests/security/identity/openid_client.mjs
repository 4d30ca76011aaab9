// Drives every flow of a provider by the npm package openid-client, which knows nothing of ours.
// Arguments: the folder that has it in node_modules, the issuer, the user name, the password, an initial access token.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [folder, issuer, userName, password, registrar] = process.argv.slice(2);
const from = createRequire(`${folder}/package.json`);
const oidc = await import(pathToFileURL(from.resolve("openid-client")));
const server = new URL(issuer);
const insecure = { execute: [oidc.allowInsecureRequests] };
const back = "http://127.0.0.1:9/back";
const out = "http://127.0.0.1:9/out";
const done = [];
const check = (name, truth) => {
  if (!truth) throw new Error(`${name} does not hold`);
  done.push(name);
};
const refused = async (name, error, work) => {
  try {
    await work();
  } catch (found) {
    check(`${name}: ${found.error ?? found.message}`, found.error === error);
    return;
  }
  throw new Error(`${name} was not refused`);
};

// A browser: cookies, and the forms of the pages.
class Browser {
  cookies = new Map();
  async fetch(url, options = {}) {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const answer = await fetch(url, { ...options, redirect: "manual", headers: { ...options.headers, cookie } });
    for (const each of answer.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(each);
      this.cookies.set(name, value);
    }
    const to = answer.headers.get("location");
    if (to !== null && new URL(to, issuer).origin !== server.origin) return { back: new URL(to) };
    if (to !== null) return this.fetch(new URL(to, issuer));
    return { status: answer.status, text: await answer.text() };
  }
  send(page, fields) {
    const [, action, inner] = /<form method="post" action="([^"]*)">(.*?)<\/form>/s.exec(page.text);
    const body = new URLSearchParams(fields);
    for (const [, name, value] of inner.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)">/g))
      body.set(name, value.replaceAll("&amp;", "&"));
    return this.fetch(new URL(action.replaceAll("&amp;", "&"), issuer), {
      method: "POST", body, headers: { origin: server.origin },
    });
  }
  async allow(url) {
    let page = await this.fetch(url);
    if (page.text?.includes("<h1>Sign in</h1>")) page = await this.send(page, { user_name: userName, password });
    return page.text?.includes("Allow access?") ? (await this.send(page, { decision: "allow" })).back : page.back;
  }
}

const browser = new Browser();

async function register(metadata, auth) {
  return oidc.dynamicClientRegistration(server, { redirect_uris: [back], scope: "openid profile network.read", ...metadata },
    auth, { ...insecure, initialAccessToken: registrar });
}

async function code(config, more = {}, options = undefined) {
  const verifier = oidc.randomPKCECodeVerifier();
  const [state, nonce] = [oidc.randomState(), oidc.randomNonce()];
  const url = oidc.buildAuthorizationUrl(config, {
    redirect_uri: back, scope: "openid profile network.read", state, nonce,
    code_challenge: await oidc.calculatePKCECodeChallenge(verifier), code_challenge_method: "S256", ...more,
  });
  const answer = await browser.allow(url);
  const checks = { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true };
  return oidc.authorizationCodeGrant(config, answer, checks, undefined, options);
}

// Discovery and registration, with each way to authenticate.
const web = await register({ grant_types: ["authorization_code", "refresh_token"], post_logout_redirect_uris: [out] },
  oidc.ClientSecretBasic());
oidc.enableNonRepudiationChecks(web);
check("discovery", web.serverMetadata().issuer === issuer && web.serverMetadata().supportsPKCE());
check("registration", typeof web.clientMetadata().client_secret === "string");

// Authorization code with PKCE, RFC 9207 (openid-client insists on `iss` where discovery says that it comes).
const tokens = await code(web);
check("authorization code, id token, state, nonce, iss", tokens.claims().aud === web.clientMetadata().client_id);
const info = await oidc.fetchUserInfo(web, tokens.access_token, tokens.claims().sub);
check("userinfo", info.preferred_username === userName);

// Refresh with rotation, and what becomes of the family when one comes again.
const fresh = await oidc.refreshTokenGrant(web, tokens.refresh_token);
check("refresh rotates", fresh.refresh_token !== tokens.refresh_token && fresh.claims().sub === tokens.claims().sub);
check("introspection", (await oidc.tokenIntrospection(web, fresh.access_token)).active);
await refused("a refresh token that comes again", "invalid_grant", () => oidc.refreshTokenGrant(web, tokens.refresh_token));
check("its family ends", !(await oidc.tokenIntrospection(web, fresh.access_token)).active);

// Revocation.
const given = await code(web, { prompt: "consent" });
await oidc.tokenRevocation(web, given.refresh_token);
check("revocation", !(await oidc.tokenIntrospection(web, given.access_token)).active);

// Client credentials, by a posted secret and by private_key_jwt.
const service = { grant_types: ["client_credentials"], redirect_uris: [], scope: "network.read" };
const posted = await register({ ...service, token_endpoint_auth_method: "client_secret_post" }, undefined);
check("client credentials", (await oidc.clientCredentialsGrant(posted, { scope: "network.read" })).scope === "network.read");
await refused("a scope that is not its own", "invalid_scope", () => oidc.clientCredentialsGrant(posted, { scope: "x" }));
for (const [name, algorithm] of [["ES256", { name: "ECDSA", namedCurve: "P-256" }], ["Ed25519", { name: "Ed25519" }]]) {
  const pair = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const jwk = { ...(await crypto.subtle.exportKey("jwk", pair.publicKey)), kid: "k", use: "sig" };
  delete jwk.alg; delete jwk.key_ops; delete jwk.ext;
  const signer = await register({ ...service, token_endpoint_auth_method: "private_key_jwt", jwks: { keys: [jwk] } },
    oidc.PrivateKeyJwt({ key: pair.privateKey, kid: "k" }));
  check(`private_key_jwt by ${name}`, (await oidc.clientCredentialsGrant(signer, {})).access_token);
}

// Device flow.
const device = await register({ token_endpoint_auth_method: "none",
  grant_types: ["urn:ietf:params:oauth:grant-type:device_code", "refresh_token"], redirect_uris: [] }, oidc.None());
const begun = await oidc.initiateDeviceAuthorization(device, { scope: "openid network.read" });
const polled = oidc.pollDeviceAuthorizationGrant(device, { ...begun, interval: 1 });
let page = await browser.fetch(begun.verification_uri_complete);
page = await browser.send(page, { user_code: begun.user_code });
await browser.send(page, { decision: "allow" });
check("device flow", (await polled).claims().sub === tokens.claims().sub);

// DPoP: the nonce, a bound code and refresh token of a public client, and an API.
const native = await register({ token_endpoint_auth_method: "none", dpop_bound_access_tokens: true,
  grant_types: ["authorization_code", "refresh_token"] }, oidc.None());
const DPoP = oidc.getDPoPHandle(native, await oidc.randomDPoPKeyPair("ES256"));
const bound = await code(native, { dpop_jkt: await DPoP.calculateThumbprint() }, { DPoP });
check("DPoP binds a code", bound.token_type === "dpop");
const told = await oidc.fetchUserInfo(native, bound.access_token, bound.claims().sub, { DPoP });
check("DPoP at an API", told.sub === bound.claims().sub);
check("DPoP binds a refresh token", (await oidc.refreshTokenGrant(native, bound.refresh_token, undefined, { DPoP })).access_token);
await refused("another DPoP key", "invalid_grant", async () => oidc.refreshTokenGrant(native, bound.refresh_token, undefined,
  { DPoP: oidc.getDPoPHandle(native, await oidc.randomDPoPKeyPair("ES256")) }));

// Pushed authorization requests (RFC 9126): the browser is told nothing but where they lie.
const pushedVerifier = oidc.randomPKCECodeVerifier();
const pushed = await oidc.buildAuthorizationUrlWithPAR(web, { redirect_uri: back, scope: "openid", state: "par",
  code_challenge: await oidc.calculatePKCECodeChallenge(pushedVerifier), code_challenge_method: "S256" });
check("a pushed request", [...pushed.searchParams.keys()].sort().join() === "client_id,request_uri");
const ofPushed = await oidc.authorizationCodeGrant(web, await browser.allow(pushed),
  { expectedState: "par", pkceCodeVerifier: pushedVerifier });
check("its code", ofPushed.claims().sub === tokens.claims().sub);

// Without PKCE nothing.
await refused("no PKCE", "invalid_request", async () => oidc.authorizationCodeGrant(web, await browser.allow(
  oidc.buildAuthorizationUrl(web, { redirect_uri: back, scope: "openid", state: "s" })), { expectedState: "s" }));

// Signing out at the provider: the session of the browser ends.
const end = oidc.buildEndSessionUrl(web, { id_token_hint: ofPushed.id_token, post_logout_redirect_uri: out, state: "out" });
const ended = (await browser.fetch(end)).back;
check("signing out leads back", ended.href === `${out}?state=out`);
check("and ends the session", (await browser.fetch(new URL("/oauth2/account", issuer))).text.includes("Password"));

console.log(JSON.stringify(done));

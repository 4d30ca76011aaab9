"""The documentation page: Swagger UI from files of the package, so that it works without any network.

`fastapi-offline` ships the files; this page adds a policy under which nothing from elsewhere can load.
"""

from importlib.resources import files

from fastapi import FastAPI
from starlette.responses import Response

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
FILES = {"swagger-ui-bundle.js": "text/javascript", "swagger-ui.css": "text/css", "favicon.png": "image/png"}
PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="stylesheet" href="docs/swagger-ui.css">
<link rel="icon" href="docs/favicon.png">
</head>
<body>
<div id="swagger-ui"></div>
<script src="docs/swagger-ui-bundle.js"></script>
<script src="docs/start.js"></script>
</body>
</html>
"""
START = """SwaggerUIBundle({
  url: "openapi.json", dom_id: "#swagger-ui", deepLinking: true, validatorUrl: null, queryConfigEnabled: false,
  presets: [SwaggerUIBundle.presets.apis, SwaggerUIBundle.SwaggerUIStandalonePreset]
});
"""


def serve_docs(app: FastAPI) -> None:
    """Serve `/docs` and the files that it loads."""
    static = files("fastapi_offline") / "static"
    page = PAGE.format(title=app.title)
    content = {name: ((static / name).read_bytes(), media_type) for name, media_type in FILES.items()}
    content["start.js"] = (START.encode(), "text/javascript")

    @app.get("/docs", include_in_schema=False)
    async def docs() -> Response:
        return Response(page, headers={"content-security-policy": POLICY}, media_type="text/html")

    for name, (body, media_type) in content.items():
        app.add_route(f"/docs/{name}", _file(body, media_type), include_in_schema=False)


def _file(body: bytes, media_type: str):  # type: ignore[no-untyped-def]
    async def file(request: object) -> Response:
        return Response(body, headers={"cache-control": "max-age=3600"}, media_type=media_type)

    return file

"""How SCIM refuses (RFC 7644, clause 3.12)."""

from __future__ import annotations

from trunkline.http.responses import Json

MEDIA_TYPE = "application/scim+json"


class ScimError(Exception):
    """A request that cannot be done; `kind` is the RFC's `scimType`, where it has one for it."""

    def __init__(self, status: int, detail: str, kind: str = "") -> None:
        super().__init__(detail)
        self.status, self.detail, self.kind = status, detail, kind

    def response(self) -> Json:
        body = {
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"],
            "status": str(self.status),
            "detail": self.detail,
        }
        return Json(body | ({"scimType": self.kind} if self.kind else {}), self.status, media_type=MEDIA_TYPE)

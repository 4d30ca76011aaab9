"""The one HTTP listener: the application, its documentation page, its errors and what protects it."""

from trunkline.http.app import Api, create_app
from trunkline.http.bind import RefusedBind, check_bind
from trunkline.http.errors import Problem

__all__ = ["Api", "Problem", "RefusedBind", "check_bind", "create_app"]

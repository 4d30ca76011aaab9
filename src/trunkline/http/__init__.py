"""The one HTTP listener: the application, its documentation page, its errors and what protects it."""

from trunkline.http.app import Api, create_app
from trunkline.http.bind import RefusedBind, check_bind
from trunkline.http.errors import Problem
from trunkline.http.server import Server, Tls, serve, server

__all__ = ["Api", "Problem", "RefusedBind", "Server", "Tls", "check_bind", "create_app", "serve", "server"]

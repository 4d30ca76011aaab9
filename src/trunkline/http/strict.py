"""Routes that refuse a query parameter they do not know, so that a misspelt filter never means "no filter"."""

from collections.abc import Callable, Coroutine, Iterator
from typing import Any

from fastapi import Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from pydantic import BaseModel

from trunkline.http.errors import InvalidField, Problem


class StrictRoute(APIRoute):
    """A route that answers 400 to an unknown query parameter and to one given twice that is taken once."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()
        known = frozenset(_query_names(self.dependant))

        async def strict(request: Request) -> Response:
            unknown = [name for name in request.query_params if name not in known]
            if unknown:
                takes = f"it takes {', '.join(sorted(known))}" if known else "it takes none"
                reason = f"is not a query parameter of {self.path_format}; {takes}"
                errors = tuple(InvalidField(place="query", name=name, reason=reason) for name in unknown)
                raise Problem(400, f"{', '.join(unknown)}: {reason}", errors)
            return await handle(request)

        return strict


def _query_names(dependant: Dependant) -> Iterator[str]:
    for parameter in dependant.query_params:
        annotation = parameter.field_info.annotation
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            yield from (field.alias or name for name, field in annotation.model_fields.items())
        else:
            yield parameter.alias
    for dependency in dependant.dependencies:
        yield from _query_names(dependency)

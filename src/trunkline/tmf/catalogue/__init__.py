"""The operator's product catalogue as YAML in the project's folder `catalogue/`, and how it comes into the store."""

from trunkline.tmf.catalogue.loading import Loaded, load
from trunkline.tmf.catalogue.reading import FOLDER, Catalogue, check, read

__all__ = ["FOLDER", "Catalogue", "Loaded", "check", "load", "read"]

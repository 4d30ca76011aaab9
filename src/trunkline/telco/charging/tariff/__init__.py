"""Tariffs: what usage costs, as data. `load` reads the operator's, `check` says what is wrong with them."""

from trunkline.telco.charging.tariff.folder import FOLDER, Tariffs, check, drafts, load, load_with

__all__ = ["FOLDER", "Tariffs", "check", "drafts", "load", "load_with"]

"""What a PATCH makes of a document (TMF630, "Partial update"): merge patch, JSON Patch and JSON Patch Query."""

from trunkline.tmf.patching.patch import MEDIA_TYPES, patched

__all__ = ["MEDIA_TYPES", "patched"]

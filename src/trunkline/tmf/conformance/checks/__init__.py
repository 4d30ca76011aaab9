"""All checks, in the order in which they are held; a file for each part of the standard."""

from trunkline.tmf.conformance.checks import (
    answers,
    comparing,
    creating,
    deleting,
    events,
    filtering,
    json_patch,
    jsonpath,
    operations,
    paging,
    patching,
    polymorphism,
    reading,
    sorting,
)

CHECKS = (
    *operations.CHECKS,
    *reading.CHECKS,
    *creating.CHECKS,
    *deleting.CHECKS,
    *paging.CHECKS,
    *filtering.CHECKS,
    *comparing.CHECKS,
    *jsonpath.CHECKS,
    *sorting.CHECKS,
    *patching.CHECKS,
    *json_patch.CHECKS,
    *polymorphism.CHECKS,
    *events.CHECKS,
    *answers.CHECKS,
)

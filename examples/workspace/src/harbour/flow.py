"""The flow: read the samples, refine them, trace each step."""

from prefect import flow, task

from harbour.refine import Row, tidy, unique
from harbour.samples import read
from harbour.tracing import tracer


@task
def load() -> list[Row]:
    """The rows as they came in."""
    with tracer().start_as_current_span("load"):
        return read()


@task
def refine(rows: list[Row]) -> list[Row]:
    """The rows, tidy and without duplicates."""
    with tracer().start_as_current_span("refine") as span:
        refined = unique([tidy(row) for row in rows])
        span.set_attribute("harbour.rows", len(refined))
        return refined


@flow(name="refine-contacts")
def refine_contacts() -> int:
    """How many contacts are left."""
    return len(refine(load()))

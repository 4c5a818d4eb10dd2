"""The refinement itself: plain functions on rows, without Prefect."""

Row = dict[str, str]


def tidy(row: Row) -> Row:
    """One space between words, the address in lower case."""
    return {"name": " ".join(row["name"].split()), "email": row["email"].strip().lower()}


def unique(rows: list[Row]) -> list[Row]:
    """The first row of each address, in order."""
    seen: dict[str, Row] = {}
    for row in rows:
        seen.setdefault(row["email"], row)
    return list(seen.values())

"""The sample data, kept inside `.venv` so that the project's folder stays clean.

`python -m harbour.samples write` makes it, `check` says by its exit status whether it is up to date, `remove` takes it away.
"""

import csv
import io
import sys
from pathlib import Path

ROWS = [
    {"name": "Thandi  Nkosi", "email": "Thandi@Example.com"},
    {"name": "Pieter van Wyk", "email": "pieter@example.com "},
    {"name": "Thandi Nkosi", "email": "thandi@example.com"},
]


def path() -> Path:
    """Where the samples are."""
    return Path(sys.prefix) / "share" / "harbour" / "samples.csv"


def content() -> str:
    """The file as it should be."""
    text = io.StringIO()
    writer = csv.DictWriter(text, ["name", "email"], lineterminator="\n")
    writer.writeheader()
    writer.writerows(ROWS)
    return text.getvalue()


def read() -> list[dict[str, str]]:
    """The rows of the file."""
    with path().open(newline="") as file:
        return list(csv.DictReader(file))


def main(command: str) -> int:
    """Carries out one word; the result is the exit status."""
    file = path()
    if command == "check":
        return 0 if file.is_file() and file.read_text() == content() else 1
    if command == "write":
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content())
        print(f"{len(ROWS)} rows in {file}")
        return 0
    if command == "remove":
        file.unlink(missing_ok=True)
        if file.parent.is_dir() and not any(file.parent.iterdir()):
            file.parent.rmdir()
        return 0
    print("usage: python -m harbour.samples check|write|remove", file=sys.stderr)
    return 64


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) == 2 else ""))

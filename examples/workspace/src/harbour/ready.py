"""What "ready" means here: Prefect and OpenTelemetry import, and the flow's tasks refine the samples."""

from harbour.flow import load, refine

if __name__ == "__main__":
    rows = refine.fn(load.fn())
    assert [row["email"] for row in rows] == ["thandi@example.com", "pieter@example.com"], rows
    print(f"{len(rows)} contacts refined")

"""OpenTelemetry: spans leave the machine only when an OTLP endpoint is configured and telemetry is not off."""

import os
from functools import cache

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Tracer

# Seconds; with the exporter's own 10, every run would wait that long at its end while the collector is down.
TIMEOUT = 2


def exports() -> bool:
    """Do the OTEL_ variables ask for an export?"""
    off = os.environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true"
    endpoint = os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT", "").strip()
    return not off and endpoint != ""


@cache
def tracer() -> Tracer:
    """The project's tracer. The exporter belongs to the extra `orchestration`."""
    provider = TracerProvider(resource=Resource.create({"service.name": os.environ.get("OTEL_SERVICE_NAME", "harbour")}))
    if exports():
        from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter

        provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(timeout=TIMEOUT)))
    return provider.get_tracer("harbour")

"""A server to which the nodes send their metrics."""

from __future__ import annotations

from pxhelm.resource import natural
from pxhelm.resource.columns import text
from pxhelm.resource.effect import Effect
from pxhelm.resource.field import Field, same_id
from pxhelm.resource.kind import Column, Kind
from pxhelm.resource.words import worded

_X = Effect.REPLACE
_WORDS = """
type             graphite, influxdb or opentelemetry (9.x)
server           name or address
port             port of the server
mtu              size of packets by UDP
bucket           bucket, or database, of InfluxDB
organization     organization of InfluxDB
influxdbProto    udp, http or https
apiPathPrefix    path in front of the API, behind a reverse proxy
verifyTLS        check the certificate of InfluxDB
otelPath         path of the endpoint
otelProtocol     http or https
otelCompression  gzip, or none
otelVerifyTLS    check the certificate of the endpoint
"""
_FIELDS: tuple[Field, ...] = (
    Field("id", "line", "id", effect=_X, same=same_id),
    Field("type", "line", "type", effect=_X, choices=("graphite", "influxdb", "opentelemetry")),
    Field("server", "line", "server", kept=True),
    Field("port", "int", "port", bounds=(1, 65536), kept=True),
    Field("enabled", "bool", "disable", form="not", default=True),
    Field("mtu", "int", "mtu", default=1500),
    Field("path", "line", "path", help="root of the metrics at Graphite"),
    Field("proto", "line", "proto", help="udp or tcp, at Graphite"),
    Field("timeout", "int", "timeout", default=1, help="seconds, at Graphite by TCP"),
    Field("bucket", "line", "bucket"),
    Field("organization", "line", "organization"),
    Field("token", "secret", "token", write_only=True, help="of InfluxDB"),
    Field("influxdbProto", "line", "influxdbproto", default="udp"),
    Field("apiPathPrefix", "line", "api-path-prefix"),
    Field("maxBodySize", "int", "max-body-size", default=25000000, help="bytes of a batch at InfluxDB"),
    Field("verifyTLS", "bool", "verify-certificate", default=True),
    Field("otelPath", "line", "otel-path", default="/v1/metrics"),
    Field("otelProtocol", "line", "otel-protocol", default="https"),
    Field("otelHeaders", "line", "otel-headers", help="base64 of a JSON map"),
    Field("otelCompression", "line", "otel-compression", default="gzip"),
    Field("otelTimeout", "int", "otel-timeout", default=5, help="seconds"),
    Field("otelMaxBodySize", "int", "otel-max-body-size", default=10000000, help="bytes of a batch"),
    Field("otelResourceAttributes", "line", "otel-resource-attributes", help="base64 of a JSON map"),
    Field("otelVerifyTLS", "bool", "otel-verify-ssl", default=True),
)
METRIC_SERVER = natural.natural(
    Kind(
        name="MetricServer",
        plural="metricservers",
        short=("ms",),
        namespaced=False,
        guest=False,
        rank=16,
        fields=worded(_FIELDS, _WORDS),
        columns=(
            Column("TYPE", text("type")),
            Column("SERVER", text("server")),
            Column("PORT", text("port"), wide=True),
        ),
    ),
    natural.Home("/cluster/metrics/server", "id", made_at_item=True, needs={"": ("type", "server", "port")}),
)

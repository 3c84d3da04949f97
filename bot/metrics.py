"""What is counted, for Prometheus. Each bot has its own registry, so that two can live in one process."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from bot.autumn.client import Call

_ACK = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 3)
_LATE = (1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 14400, 21600)
_WORK = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 3, 5, 10, 20, 30)
_SCAN = (1, 5, 15, 30, 60, 120, 300, 600, 1800)


class Metrics:
    """Outcomes: ok, refused (may not use Maple), user (what was asked for is not there), autumn, slack,
    fault (ours), cut (by a stop)."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry(auto_describe=True)
        self.interactions = Counter(
            "maple_interactions",
            "What people did in Slack, and how it ended",
            ["kind", "action", "outcome"],
            registry=self.registry,
        )
        self.ack_seconds = Histogram(
            "maple_ack_seconds",
            "From the arrival of a request of Slack to its acknowledgement",
            ["mode"],
            registry=self.registry,
            buckets=_ACK,
        )
        self.listener_seconds = Histogram(
            "maple_listener_seconds",
            "From the acknowledgement to the answer",
            ["kind", "action"],
            registry=self.registry,
            buckets=_WORK,
        )
        self.in_flight = Gauge(
            "maple_in_flight", "Interactions acknowledged and not answered yet", registry=self.registry
        )
        self.unsigned = Counter(
            "maple_unsigned_requests", "Requests refused for their signature or size", registry=self.registry
        )
        self.connections_cut = Counter(
            "maple_connections_cut",
            "HTTP connections that Maple ended: late (no whole request in time, or its answer not "
            "taken), size (too much was sent), full (every place was taken)",
            ["reason"],
            registry=self.registry,
        )
        self.background_idle = Gauge(
            "maple_background_idle_seconds",
            "Since this part of the work in the background last got something done, or found nothing to do",
            ["part"],
            registry=self.registry,
        )
        self.autumn_requests = Counter(
            "maple_autumn_requests", "Calls of Autumn's API", ["route", "status"], registry=self.registry
        )
        self.autumn_seconds = Histogram(
            "maple_autumn_seconds",
            "Autumn's time to answer, retries and waiting included",
            ["route"],
            registry=self.registry,
            buckets=_WORK,
        )
        self.digest_runs = Counter(
            "maple_digest_runs",
            "Attempts at a digest's due day or at one sent by hand, and how they ended",
            ["outcome"],
            registry=self.registry,
        )
        self.digest_lateness = Histogram(
            "maple_digest_lateness_seconds",
            "From when a digest was due to when Slack had it",
            registry=self.registry,
            buckets=_LATE,
        )

        self.alerts = Counter(
            "maple_alerts",
            "Attempts at telling a channel or a person what Autumn reported, and how they ended",
            ["source", "outcome"],
            registry=self.registry,
        )
        self.turns_alone = Counter(
            "maple_turns_alone",
            "Requests to Autumn held back by this replica alone, the database being out of reach",
            registry=self.registry,
        )
        self.scans = Counter(
            "maple_scans",
            "Readings of all of Autumn's customers for digests, and how they ended",
            ["outcome"],
            registry=self.registry,
        )
        self.scan_seconds = Histogram(
            "maple_scan_seconds", "How long they took", registry=self.registry, buckets=_SCAN
        )
        self.scan_customers = Gauge(
            "maple_scan_customers", "Customers read by the last of them, so far", registry=self.registry
        )
        self.scan_previews = Gauge(
            "maple_scan_previews", "Next invoices asked for by it, so far", registry=self.registry
        )

    def autumn_called(self, call: Call) -> None:
        self.autumn_requests.labels(call.route, str(call.status or call.error)).inc()
        self.autumn_seconds.labels(call.route).observe(call.seconds)

    def exposition(self) -> bytes:
        """All of it in Prometheus' text format."""
        return generate_latest(self.registry)

"""Route 53: hosted zones, record sets, health checks and DNSSEC. What answers DNS is `engines/dns`."""

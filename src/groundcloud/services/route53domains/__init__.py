"""Route 53 Domains: domains registered within this cloud, so that its DNS server knows whose name servers they have."""

"""Amazon RDS: databases on machines of this cloud."""

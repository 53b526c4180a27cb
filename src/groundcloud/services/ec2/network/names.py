"""The host names that AWS gives to addresses. Source: "DNS attributes for your VPC" in the VPC user guide."""


def private_domain(region: str) -> str:
    """What private names of a Region end with."""
    return "ec2.internal" if region == "us-east-1" else f"{region}.compute.internal"


def private_name(region: str, address: str) -> str:
    """`ip-172-31-0-5.ec2.internal`, and `ip-172-31-0-5.eu-west-1.compute.internal` elsewhere."""
    return f"ip-{address.replace('.', '-')}.{private_domain(region)}"


def public_name(region: str, address: str) -> str:
    """`ec2-203-0-113-5.compute-1.amazonaws.com`, and `ec2-203-0-113-5.eu-west-1.compute.amazonaws.com` elsewhere."""
    domain = "compute-1" if region == "us-east-1" else f"{region}.compute"
    return f"ec2-{address.replace('.', '-')}.{domain}.amazonaws.com"

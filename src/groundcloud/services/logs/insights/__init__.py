"""The query language of CloudWatch Logs Insights.

Pure: a query is a text, events come one after another, and rows of texts come out. Source: "CloudWatch Logs Insights
language query syntax" in the CloudWatch Logs guide. Here are `fields`, `display`, `filter`, `stats`, `sort`, `limit`,
`dedup` and `parse`; `pattern`, `diff`, `unnest`, `join` and the other query languages are not.
"""

from groundcloud.services.logs.insights.commands import Program, parse_query
from groundcloud.services.logs.insights.fields import Row
from groundcloud.services.logs.insights.scanner import MalformedQuery

__all__ = ["MalformedQuery", "Program", "Row", "parse_query"]

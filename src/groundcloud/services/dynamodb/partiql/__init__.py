"""PartiQL as DynamoDB knows it: statements become the expressions of the other operations.

Pure: a statement is a text and a list of parameters. Source: "PartiQL - a SQL-compatible query language for Amazon
DynamoDB" in the developer guide (statements for DynamoDB, functions, operators).
"""

from groundcloud.services.dynamodb.partiql.grammar import parse
from groundcloud.services.dynamodb.partiql.statements import (
    Conjunct,
    Delete,
    Exists,
    Insert,
    Select,
    Statement,
    Update,
)

__all__ = ["Conjunct", "Delete", "Exists", "Insert", "Select", "Statement", "Update", "parse"]

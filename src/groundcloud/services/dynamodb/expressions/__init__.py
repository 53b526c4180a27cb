"""DynamoDB's expression language: conditions, filters, key conditions, updates, projections. Pure: no store, no clock.

    tokens       text -> tokens
    grammar      tokens -> syntax trees (recursive descent)
    conditions   a tree -> a function of an item and values; projections, updates, keys likewise
    placeholders one request's #names and :values: what is used, what is not
    conditional  the older parameters (Expected, KeyConditions, ...) as the same trees

An expression that is wrong raises `ValidationException` and nothing else. Compiled ones are kept by their text.
Source: "Using expressions in DynamoDB" in the developer guide.
"""

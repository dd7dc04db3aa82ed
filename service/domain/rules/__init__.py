"""The rules V01 to V25 of a quarterly follow-up, one module to a family; they look at plans and never at workbooks."""

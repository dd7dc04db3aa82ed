"""The terminal: `folio` and its orders, in Spanish. One of the two doors of the service, beside the web."""

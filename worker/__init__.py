"""The hand that writes Folio's documents."""

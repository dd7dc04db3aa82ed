"""What Folio knows, reads, remembers and says."""

"""What stands beside Folio in the benchmarks: other fillers of Word and Excel templates, each at its best."""

"""What Folio costs beside the libraries that others use, measured in one run."""

"""A file that somebody holds -> what it is beside the documents that were issued."""

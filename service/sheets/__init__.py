"""The office's workbook becomes a plan: guard, read, find the table, understand its cells."""
